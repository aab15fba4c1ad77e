// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/database.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <thread>

#include "base/ascii.h"
#include "base/printable.h"
#include "state/bounded_value.h"

namespace mtasts::state {
namespace {

using std::chrono::milliseconds;

// Another process may hold the lock for the duration of a manual query.
constexpr milliseconds kPatience{5000};
constexpr milliseconds kPatienceInHurry{500};
constexpr milliseconds kLockPause{10};
constexpr const char* kNormal = "PRAGMA synchronous=NORMAL";

ErrorClass trouble_of(int code) {
  if (code == SQLITE_IOERR_SHMSIZE) return ErrorClass::full;
  switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
      return ErrorClass::none;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return ErrorClass::busy;
    case SQLITE_FULL:
      return ErrorClass::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_CANTOPEN:
      return ErrorClass::denied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorClass::corrupt;
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return ErrorClass::refused;
    default:
      return ErrorClass::broken;
  }
}

// An open that is denied sets errno, which is more specific than "unable to open database file".
DatabaseError error_of(sqlite3* handle, int code) {
  DatabaseError error{trouble_of(code), sqlite3_errstr(code)};
  if (handle == nullptr) return error;
  int number = sqlite3_system_errno(handle);
  bool about_file = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  if (number != 0 && about_file) error.text += fmt::format(": {}", std::strerror(number));
  if (about_file && (number == ENOSPC || number == EDQUOT || number == EFBIG))
    error.trouble = ErrorClass::full;
  return error;
}

// The path as a URI, which is needed for `immutable`.
std::string frozen_uri(const std::string& path) {
  std::string uri = "file:";
  for (char c : path) {
    bool plain = is_alphanumeric(c) || c == '/' || c == '.' || c == '-' || c == '_';
    if (plain)
      uri += c;
    else
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

int flags_of(Access access, bool in_memory) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (in_memory) return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_MEMORY;
  if (access == Access::read) return flags | SQLITE_OPEN_READONLY;
  if (access == Access::read_frozen) return flags | SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  return flags | SQLITE_OPEN_READWRITE;
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      return sqlite3_bind_null(statement, index);
    case Value::Kind::integer:
      return sqlite3_bind_int64(statement, index, value.number());
    case Value::Kind::text:
      return sqlite3_bind_text64(statement, index, value.octets().data(), value.octets().size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    case Value::Kind::blob:
      return sqlite3_bind_blob64(statement, index, value.octets().data(), value.octets().size(),
                                 SQLITE_STATIC);
  }
  return SQLITE_MISUSE;
}

}  // namespace

Value::Value(std::string_view text)
    : kind_(is_utf8(text) && text.find('\0') == std::string_view::npos ? Kind::text : Kind::blob),
      octets_(text.data() == nullptr ? std::string_view("") : text) {}

Value Value::blob(std::string_view octets) {
  Value value(octets);
  value.kind_ = Kind::blob;
  return value;
}

Rows::~Rows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
  if (statement_ == nullptr || database_.failed()) return false;
  int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code);
  return false;
}

bool Rows::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

int64_t Rows::bounded(int column, int64_t least, int64_t most) const {
  const int64_t value = integer(column);
  const int64_t within = std::clamp(value, least, most);
  if (within != value) ++database_.out_of_bounds_;
  return within;
}

uint64_t Rows::count(int column) const { return static_cast<uint64_t>(integer(column)); }

Time Rows::time(int column) const {
  return Time(milliseconds(bounded(column, kFirstSecond * 1000, kLastSecond * 1000)));
}

std::string Rows::text(int column) const {
  const void* octets = sqlite3_column_blob(statement_, column);
  if (octets == nullptr) return {};
  auto size_bytes = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  if (size_bytes > kLongestValue_bytes) {
    ++database_.out_of_bounds_;
    return {};
  }
  return std::string(static_cast<const char*>(octets), size_bytes);
}

std::optional<std::string> Rows::optional_text(int column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::unique_ptr<Database> Database::open(const std::string& path, Access access,
                                         DatabaseError& error) {
  bool in_memory = path == kInMemory;
  std::string name = access == Access::read_frozen ? frozen_uri(path) : path;
  sqlite3* handle = nullptr;
  int code = sqlite3_open_v2(name.c_str(), &handle, flags_of(access, in_memory), nullptr);
  auto database = std::make_unique<Database>(handle);
  if (code != SQLITE_OK) {
    error = error_of(handle, code);
    return nullptr;
  }
  sqlite3_busy_handler(handle, &Database::wait_for_lock, database.get());
  database->checkpoint_on_close(false);
  // A prepared file must run nothing through views and triggers, of which the schema has none.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  if (access == Access::write_alone) database->execute("PRAGMA locking_mode=EXCLUSIVE");
  return database;
}

Database::~Database() { statements_.clear(); }

int Database::wait_for_lock(void* self, int tries) {
  const auto* hurry = static_cast<Database*>(self)->hurry_;
  milliseconds patience = hurry != nullptr && *hurry ? kPatienceInHurry : kPatience;
  if (tries * kLockPause >= patience) return 0;
  std::this_thread::sleep_for(kLockPause);
  return 1;
}

void Database::checkpoint_on_close(bool wanted) {
  sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr);
}

bool Database::has_moved() const {
  const char* path = sqlite3_db_filename(handle_.get(), "main");
  struct stat there {};
  // SQLite reports a move for any failure of stat().
  if (path == nullptr || (stat(path, &there) != 0 && errno != ENOENT && errno != ENOTDIR))
    return false;
  int moved = 0;
  return sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK &&
         moved != 0;
}

void Database::fail(int code) {
  if (!failed()) error_ = error_of(handle_.get(), code);
}

bool Database::begin() { return run("BEGIN IMMEDIATE"); }

bool Database::commit() { return run("COMMIT"); }

void Database::roll_back() {
  clear();
  // Some errors roll back automatically.
  owes_rollback_ =
      sqlite3_get_autocommit(handle_.get()) == 0 &&
      sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr) != SQLITE_OK &&
      sqlite3_get_autocommit(handle_.get()) == 0;
}

bool Database::may_run() {
  if (failed()) return false;
  if (owes_normal_)
    owes_normal_ = sqlite3_exec(handle_.get(), kNormal, nullptr, nullptr, nullptr) != SQLITE_OK;
  if (!owes_rollback_) return true;
  roll_back();
  if (owes_rollback_) fail(sqlite3_extended_errcode(handle_.get()));
  return !owes_rollback_;
}

sqlite3_stmt* Database::prepared(const char* sql, std::initializer_list<Value> values) {
  if (!may_run()) return nullptr;
  StatementHandle& kept = statements_[sql];
  if (kept == nullptr) {
    sqlite3_stmt* made = nullptr;
    int code =
        sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    if (code != SQLITE_OK) {
      fail(code);
      return nullptr;
    }
    kept.reset(made);
  }
  int index = 0;
  for (const Value& value : values) {
    int code = bind(kept.get(), ++index, value);
    if (code == SQLITE_OK) continue;
    fail(code);
    return nullptr;
  }
  return kept.get();
}

bool Database::run(const char* sql, std::initializer_list<Value> values) {
  Rows rows = query(sql, values);
  while (rows.next()) continue;
  return !failed();
}

Rows Database::query(const char* sql, std::initializer_list<Value> values) {
  return {*this, prepared(sql, values)};
}

std::optional<int64_t> Database::number(const char* sql, std::initializer_list<Value> values) {
  Rows rows = query(sql, values);
  if (!rows.next() || rows.is_null(0)) return std::nullopt;
  return rows.integer(0);
}

bool Database::execute(const char* sql) {
  if (!may_run()) return false;
  int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
  return !failed();
}

// This pragma acts when it is compiled, so its statements cannot be kept.
DurableCommits::DurableCommits(Database& database) : database_(database) {
  sqlite3_stmt* made = nullptr;
  sqlite3_prepare_v2(database.handle_.get(), "PRAGMA synchronous", -1, &made, nullptr);
  StatementHandle statement(made);
  was_full_ = !database.owes_normal_ && made != nullptr && sqlite3_step(made) == SQLITE_ROW &&
              sqlite3_column_int(made, 0) > 1;
  statement.reset();
  database.execute("PRAGMA synchronous=FULL");
}

DurableCommits::~DurableCommits() {
  // A transaction refuses the pragma.
  sqlite3* handle = database_.handle_.get();
  if (sqlite3_get_autocommit(handle) == 0)
    sqlite3_exec(handle, "ROLLBACK", nullptr, nullptr, nullptr);
  if (was_full_) return;
  database_.owes_normal_ = sqlite3_exec(handle, kNormal, nullptr, nullptr, nullptr) != SQLITE_OK;
}

}  // namespace mtasts::state
