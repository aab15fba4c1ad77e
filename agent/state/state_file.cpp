// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "base/log.h"
#include "state/file_owner.h"
#include "state/schema.h"

namespace mtasts::state {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The contents are not secret, but no other user may write them.
constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;
constexpr milliseconds kLockPause{50};
// quick_check reads the whole file: about a second up to this size.
constexpr uintmax_t kMostChecked_bytes = uintmax_t{64} << 20;

// What holds the location is not there yet, or does not answer: a disk or network file system that
// is mounted later, or the limits of the system. Anything else stays until somebody changes it.
bool is_temporary(int error) {
  constexpr int kTemporary[] = {ENOENT, ENODEV, ENXIO,     ENOTCONN, EHOSTDOWN, EHOSTUNREACH,
                                ESTALE, ENOMEM, ETIMEDOUT, EMFILE,   ENFILE,    EINTR};
  return std::find(std::begin(kTemporary), std::end(kTemporary), error) != std::end(kTemporary);
}

bool may_pass(int error) { return error == ENOSPC || error == EDQUOT || error == EIO; }

// Zero, or the errno of the first directory that cannot be created.
int make_folders(const fs::path& folder) {
  std::error_code ignored;
  if (folder.empty() || fs::is_directory(folder, ignored)) return 0;
  if (mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST) return 0;
  if (errno != ENOENT || !folder.has_parent_path() || folder == folder.parent_path()) return errno;
  if (int error = make_folders(folder.parent_path()); error != 0) return error;
  return mkdir(folder.c_str(), kFolderMode) == 0 || errno == EEXIST ? 0 : errno;
}

Result<FileDescriptor> take_lock(const std::string& path, milliseconds patience) {
  const std::string lock_path = path + ".lock";
  FileDescriptor lock(
      open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, kFileMode));
  if (!lock.is_open()) return not_writable(path, errno);
  auto until = steady_clock::now() + patience;
  while (flock(lock.number(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return not_writable(path, errno);
    if (steady_clock::now() >= until)
      return Failure{FailureKind::not_yet,
                     fmt::format("the state file {} is in use by another agent (lock {}); stop it, "
                                 "or set a different [state] path",
                                 path, lock_path)};
    std::this_thread::sleep_for(kLockPause);
  }
  return lock;
}

// "20261121T225852Z".
std::string compact_time(Time time) {
  std::string text = rfc3339(time);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

// Creates the file with this mode before SQLite creates it with another.
int make_file(const std::string& path) {
  struct stat there {};
  if (stat(path.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) return EISDIR;
    if (!S_ISREG(there.st_mode)) return EINVAL;
  }
  FileDescriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kFileMode));
  return file.is_open() ? 0 : errno;
}

// The error code in what quick_check says: "… error code=266".
int error_code_in(std::string_view text) {
  constexpr std::string_view kCode = "error code";
  const size_t at = text.find(kCode);
  if (at == std::string_view::npos || at + kCode.size() + 1 >= text.size()) return SQLITE_OK;
  text.remove_prefix(at + kCode.size() + 1);
  int code = SQLITE_OK;
  std::from_chars(text.data(), text.data() + text.size(), code);
  return code;
}

// quick_check also calls damage what it could not read or had no memory for. So only what is seen
// twice, and is no error of the system, is damage; such an error is left in the database.
bool is_damaged(Database& database, const std::string& path) {
  std::error_code ignored;
  if (path != Database::kInMemory && fs::file_size(path, ignored) > kMostChecked_bytes)
    return false;
  int code = SQLITE_OK;
  for (int looks = 0; looks < 2; ++looks) {
    Rows rows = database.query("PRAGMA quick_check(1)");
    const std::string said = rows.next() ? rows.text(0) : "";
    if (database.failed() || said == "ok") return false;
    code = error_code_in(said);
  }
  const int kind = code & 0xFF;
  if (kind == SQLITE_OK || kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB) return true;
  database.fail(code);
  return false;
}

}  // namespace

Failure not_writable(const std::string& path, const std::string& reason) {
  return {FailureKind::io,
          fmt::format("cannot write the state file {}: {}; set [state] path to a writable "
                      "location, or to \":memory:\" to keep the state in memory only",
                      path, reason)};
}

Failure not_writable(const std::string& path, int error_number) {
  Failure failure = not_writable(path, std::string(std::strerror(error_number)));
  if (is_temporary(error_number)) failure.kind = FailureKind::not_yet;
  return failure;
}

StateFile::StateFile(std::string path, Clock clock)
    : path_(std::move(path)), clock_(std::move(clock)) {}

bool StateFile::in_memory() const { return path_ == Database::kInMemory; }

Result<std::unique_ptr<StateFile>> StateFile::claim(const std::string& path, Clock clock,
                                                    milliseconds patience) {
  if (path == Database::kInMemory) return std::make_unique<StateFile>(path, std::move(clock));
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  if (path.empty() || error) return not_writable(path, "not a valid path");
  if (int number = make_folders(absolute.parent_path()); number != 0 && !may_pass(number))
    return not_writable(path, number);
  fs::path resolved = fs::weakly_canonical(absolute, error);
  if (error) return not_writable(path, error.message());
  struct stat there {};
  if (stat(resolved.c_str(), &there) == 0 && !S_ISREG(there.st_mode))
    return not_writable(path,
                        S_ISDIR(there.st_mode) ? "it is a directory" : "it is not a regular file");
  // Before the lock, so that nothing is made beside a file of another program.
  if (const FileLook look = look_at_file(resolved.string()); look.owner == FileOwner::other)
    return not_writable(path, look.reason);
  auto file = std::make_unique<StateFile>(resolved.string(), std::move(clock));
  Result<FileDescriptor> lock = take_lock(file->path_, patience);
  if (!lock) return lock.failure();
  file->lock_ = std::move(*lock);
  return file;
}

bool StateFile::is_the_opened_file() const {
  struct stat there {};
  return opened_ && stat(path_.c_str(), &there) == 0 && there.st_dev == opened_->device &&
         there.st_ino == opened_->number;
}

bool StateFile::is_ours(DatabaseError& error) const {
  if (in_memory() || is_the_opened_file()) return true;
  const FileLook look = look_at_file(path_);
  if (look.owner == FileOwner::other) error = {ErrorClass::denied, look.reason};
  if (look.owner == FileOwner::locked) error = {ErrorClass::busy, look.reason};
  return look.owner == FileOwner::nobody || look.owner == FileOwner::agent;
}

bool StateFile::hold(DatabaseError& error) {
  struct stat ours {};
  struct stat there {};
  if (in_memory() ||
      (fstat(lock_.number(), &ours) == 0 && stat((path_ + ".lock").c_str(), &there) == 0 &&
       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev))
    return true;
  if (int number = make_folders(fs::path(path_).parent_path()); number != 0) {
    error = {may_pass(number) ? ErrorClass::full : ErrorClass::denied, std::strerror(number)};
    return false;
  }
  Result<FileDescriptor> lock = take_lock(path_, milliseconds(0));
  if (!lock) {
    error = {ErrorClass::denied, lock.failure().detail};
    return false;
  }
  lock_ = std::move(*lock);
  return true;
}

std::string StateFile::free_name(const std::string& suffix) const {
  const std::string name = fmt::format("{}.{}-{}", path_, suffix, compact_time(clock_()));
  std::string free = name;
  std::error_code ignored;
  auto is_taken = [&] {
    for (const char* part : {"", "-wal", "-shm"})
      if (fs::exists(fs::symlink_status(free + part, ignored))) return true;
    return false;
  };
  for (int number = 2; is_taken(); ++number) free = fmt::format("{}-{}", name, number);
  return free;
}

bool StateFile::set_aside(const std::string& suffix, const std::string& reason,
                          DatabaseError& error, Log log_there) {
  if (in_memory()) return true;  // the data ended with its connection
  if (!is_ours(error)) return false;
  const std::string name = free_name(suffix);
  std::string kept;
  // The log first: a log alone is useless, while a database without its log is an older state, and
  // SQLite would overwrite a database with the log of another one.
  for (const std::string part : {"-wal", "-shm", ""}) {
    std::string to = name + part;
    if (log_there == Log::of_another && !part.empty()) to = name + ".other" + part;
    if (rename((path_ + part).c_str(), to.c_str()) == 0) {
      kept += (kept.empty() ? "" : ", ") + to;
    } else if (errno != ENOENT) {
      error = {ErrorClass::denied, fmt::format("it can be neither read ({}) nor renamed: {}",
                                               reason, std::strerror(errno))};
      return false;
    }
  }
  log(LogLevel::error, "state file unusable; it was moved aside and a new one was created",
      {{"path", path_}, {"reason", reason}, {"kept_as", kept.empty() ? "no file was kept" : kept}});
  return true;
}

std::unique_ptr<Database> StateFile::open_once(DatabaseError& error, std::string& suffix) {
  if (!is_ours(error)) return nullptr;
  if (int number = in_memory() ? 0 : make_file(path_); number != 0) {
    error = {may_pass(number) ? ErrorClass::full : ErrorClass::denied, std::strerror(number)};
    return nullptr;
  }
  auto database = Database::open(path_, Access::write, error);
  if (database == nullptr) return nullptr;
  SchemaState schema = look_at_schema(*database);
  if (schema.standing == SchemaStatus::newer) {
    suffix = fmt::format("version-{}", schema.version);
    error = {ErrorClass::corrupt,
             fmt::format("it was written by a newer version of the agent (schema {}, supported {})",
                         schema.version, newest_schema())};
    return nullptr;
  }
  if (schema.standing == SchemaStatus::foreign)
    error = {ErrorClass::denied, "it is another program's database, and was left as it is"};
  else if (schema.standing == SchemaStatus::ours && is_damaged(*database, path_))
    error = {ErrorClass::corrupt, "the database is damaged"};
  else if (!database->failed() && configure(*database) && migrate(*database))
    database->checkpoint_on_close(true);
  else
    error = database->error();
  if (error.trouble != ErrorClass::none) return nullptr;
  if (struct stat there{}; !in_memory() && stat(path_.c_str(), &there) == 0)
    opened_ = {there.st_dev, there.st_ino};
  return database;
}

std::unique_ptr<Database> StateFile::open(DatabaseError& error) {
  std::string suffix = "corrupt";
  auto database = open_once(error, suffix);
  if (database != nullptr || error.trouble != ErrorClass::corrupt) return database;
  const std::string reason = error.text;
  error = {};
  if (!set_aside(suffix, reason, error)) return nullptr;
  return open_once(error, suffix);
}

}  // namespace mtasts::state
