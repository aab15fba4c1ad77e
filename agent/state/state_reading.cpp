// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads the state with or without a running agent. Nothing is written, so the directory may be
// read-only.
#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "state/change_rows.h"
#include "state/domain_rows.h"
#include "state/schema.h"
#include "state/state.h"
#include "state/state_opening.h"

namespace mtasts::state {
namespace {

namespace fs = std::filesystem;

// Null: `error` says why.
std::unique_ptr<Database> open_quietly(const fs::path& path, SchemaState& schema,
                                       DatabaseError& error) {
  auto database = Database::open(path.string(), Access::read, error);
  if (database != nullptr) schema = look_at_schema(*database);
  if (database != nullptr && !database->failed()) return database;
  if (database != nullptr) error = database->error();
  // Even a reader creates the shared memory of a log if it is missing. A directory that does not
  // permit this is no obstacle if there is no log, since then nobody writes.
  std::error_code ignored;
  const fs::path log = path.string() + "-wal";
  bool has_log = fs::exists(log, ignored) && fs::file_size(log, ignored) > 0;
  if (error.trouble != ErrorClass::denied || has_log) return nullptr;
  database = Database::open(path.string(), Access::read_frozen, error);
  if (database == nullptr) return nullptr;
  schema = look_at_schema(*database);
  if (!database->failed()) return database;
  error = database->error();
  return nullptr;
}

}  // namespace

Failure cannot_read(const fs::path& path, const std::string& reason) {
  return {FailureKind::io, fmt::format("cannot read the state file {}: {}", path.string(), reason)};
}

Result<OpenedState> open_to_read(const fs::path& path) {
  std::error_code failed;
  fs::path file = fs::canonical(path, failed);
  if (failed == std::errc::no_such_file_or_directory)
    return Failure{FailureKind::not_found,
                   fmt::format("there is no state file {}; the agent creates it at [state] path",
                               path.string())};
  if (failed) return cannot_read(path, failed.message());
  if (!fs::is_regular_file(file, failed)) return cannot_read(path, "it is not a regular file");
  SchemaState schema;
  DatabaseError error;
  auto database = open_quietly(file, schema, error);
  if (database == nullptr) return cannot_read(path, error.text);
  if (schema.standing == SchemaStatus::newer)
    return cannot_read(
        path,
        fmt::format("it was written by a newer version of the agent (schema {}, supported {})",
                    schema.version, newest_schema()));
  if (schema.standing != SchemaStatus::ours && schema.standing != SchemaStatus::fresh)
    return cannot_read(path, "it is another program's database");
  return OpenedState{std::move(database), schema.version};
}

Result<StateReading> read_state(const fs::path& path, const std::string& domain) {
  auto opened = open_to_read(path);
  if (!opened) return opened.failure();
  if (opened->version == 0) return StateReading{};
  auto& database = opened->database;
  // One transaction, so that report and timeline are consistent.
  database->run("BEGIN");
  StateReading reading;
  DomainReader reader;
  if (auto known = reader.read(*database, domain)) reading.remembered.push_back(std::move(*known));
  reading.timeline = read_timeline(*database, domain);
  if (database->failed()) return cannot_read(path, database->error().text);
  return reading;
}

}  // namespace mtasts::state
