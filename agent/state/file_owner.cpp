// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/file_owner.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>

#include "base/file_descriptor.h"
#include "state/database.h"
#include "state/schema.h"

namespace mtasts::state {
namespace {

// The database file format of SQLite, §1.3: a header of 100 octets.
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr size_t kHeader_bytes = 100;
constexpr size_t kApplicationIdAt = 68;

constexpr const char* kNoStateFile = "it is no state file of this agent, and was left as it is";
constexpr const char* kOtherDatabase = "it is another program's database, and was left as it is";

enum class Header : uint8_t { missing, unreadable, no_database, database };

Header read_header(const std::string& path, int64_t& application_id) {
  FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return errno == ENOENT ? Header::missing : Header::unreadable;
  std::array<unsigned char, kHeader_bytes> header{};
  const ssize_t size_bytes = pread(file.number(), header.data(), header.size(), 0);
  if (size_bytes < 0) return Header::unreadable;
  if (size_bytes == 0) return Header::missing;
  if (static_cast<size_t>(size_bytes) < header.size() ||
      std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
    return Header::no_database;
  application_id = 0;
  for (size_t i = 0; i < 4; ++i)
    application_id = application_id << 8 | header.at(kApplicationIdAt + i);
  return Header::database;
}

bool is_there(const std::string& path) {
  struct stat there {};
  return stat(path.c_str(), &there) == 0 && there.st_size > 0;
}

// For a database without an application_id: one of the agent's that is still in its log, an older
// one, or another program's.
FileLook look_with_sqlite(const std::string& path) {
  // A journal means a broken transaction. The agent has a log instead, and where a file system
  // cannot have one, its first transaction sets the application_id.
  if (is_there(path + "-journal")) return {FileOwner::other, kNoStateFile};
  DatabaseError error;
  auto database =
      Database::open(path, is_there(path + "-wal") ? Access::read : Access::read_frozen, error);
  SchemaState schema;
  if (database != nullptr) schema = look_at_schema(*database);
  if (database != nullptr && database->failed()) error = database->error();
  if (error.trouble == ErrorClass::busy) return {FileOwner::locked, "it is locked"};
  // An error of the system says nothing about whose it is.
  if (error.trouble == ErrorClass::denied) return {FileOwner::other, error.text};
  if (error.trouble == ErrorClass::full || error.trouble == ErrorClass::broken)
    return {FileOwner::locked, error.text};
  switch (schema.standing) {
    case SchemaStatus::fresh:
    case SchemaStatus::ours:
    case SchemaStatus::newer:
      return {FileOwner::agent, {}};
    case SchemaStatus::foreign:
      return {FileOwner::other, kOtherDatabase};
    case SchemaStatus::unknown:
      break;
  }
  return {FileOwner::other, kNoStateFile};
}

}  // namespace

FileLook look_at_file(const std::string& path) {
  int64_t application_id = 0;
  switch (read_header(path, application_id)) {
    case Header::missing:
      return {};
    case Header::unreadable:
      return {};  // opening it says why
    case Header::no_database:
      return {FileOwner::other, kNoStateFile};
    case Header::database:
      break;
  }
  if (application_id == kApplicationId) return {FileOwner::agent, {}};
  if (application_id != 0) return {FileOwner::other, kOtherDatabase};
  return look_with_sqlite(path);
}

}  // namespace mtasts::state
