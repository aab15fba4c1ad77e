// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Database: one SQLite connection and its prepared statements, released by RAII. Errors latch:
// after the first one every statement does nothing until roll_back() or clear(), so that a
// transaction is checked once, at its end. Text may contain any octets: text that is not UTF-8 or
// contains NUL is stored as a BLOB and read back unchanged. One thread at a time. Does not retry,
// does not log.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/handle.h"
#include "base/result.h"
#include "base/time.h"

namespace mtasts::state {

// What a failure means for the use of the file.
enum class ErrorClass : uint8_t {
  none,
  busy,     // another process holds a lock; temporary
  full,     // no space; temporary
  denied,   // read-only, no permission, cannot be opened
  corrupt,  // not a database, or a damaged one; retrying cannot help
  refused,  // this statement only: a constraint, a value too large
  broken,   // anything else: I/O errors, out of memory
};

struct DatabaseError {
  ErrorClass trouble = ErrorClass::none;
  std::string text;  // SQLite's message, with that of the operating system if there is one
};

// A value of a parameter. Text is not copied: it must live until the statement has run.
class Value {
 public:
  enum class Kind : uint8_t { null, integer, text, blob };

  Value(std::nullopt_t) {}  // NOLINT
  template <std::integral Integer>
  Value(Integer number) : kind_(Kind::integer), number_(static_cast<int64_t>(number)) {}  // NOLINT
  Value(Time time) : Value(time.time_since_epoch().count()) {}                            // NOLINT
  Value(std::string_view text);                                                           // NOLINT
  Value(const std::string& text) : Value(std::string_view(text)) {}                       // NOLINT
  Value(const char* text) : Value(std::string_view(text)) {}                              // NOLINT
  template <typename T>
  Value(const std::optional<T>& value)
      : Value(value ? Value(*value) : Value(std::nullopt)) {}  // NOLINT
  static Value blob(std::string_view octets);

  Kind kind() const { return kind_; }
  int64_t number() const { return number_; }
  std::string_view octets() const { return octets_; }

 private:
  Kind kind_ = Kind::null;
  int64_t number_ = 0;
  std::string_view octets_;
};

using StatementHandle = Handle<sqlite3_stmt, sqlite3_finalize>;

class Database;

// The rows of a query. At most one object per query text at a time.
class Rows {
 public:
  Rows(Database& database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  ~Rows();

  bool next();
  bool is_null(int column) const;
  int64_t integer(int column) const;
  // The nearest value within the bounds (bounded_value.h); what was beyond is counted.
  int64_t bounded(int column, int64_t least, int64_t most) const;
  uint64_t count(int column) const;    // any 64 bits
  Time time(int column) const;         // from the year 1 to the year 9999
  std::string text(int column) const;  // any octets; empty if they are more than the bound
  std::optional<std::string> optional_text(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_;  // null: the query failed
};

enum class Access : uint8_t {
  write,
  write_alone,  // locks out other processes, and needs no shared-memory file
  read,
  read_frozen,  // there is no writer, so it takes no locks and creates no files
};

class Database {
 public:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  static constexpr const char* kInMemory = ":memory:";

  // Null when the file cannot be opened; its contents are not checked yet.
  static std::unique_ptr<Database> open(const std::string& path, Access access,
                                        DatabaseError& error);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  bool begin();  // takes the write lock
  bool commit();
  // Also clears the error. Where memory is too short even for this, nothing runs before it is done.
  void roll_back();

  // False when this or an earlier statement failed.
  bool run(const char* sql, std::initializer_list<Value> values = {});
  Rows query(const char* sql, std::initializer_list<Value> values = {});
  // Several statements without values.
  bool execute(const char* sql);
  // The first integer of the result; empty if there is none.
  std::optional<int64_t> number(const char* sql, std::initializer_list<Value> values = {});

  // How many values Rows bounded or left out since the file was opened.
  uint64_t values_out_of_bounds() const { return out_of_bounds_; }

  int64_t changed_rows() const { return sqlite3_changes64(handle_.get()); }
  int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

  bool failed() const { return error_.trouble != ErrorClass::none; }
  const DatabaseError& error() const { return error_; }
  void clear() { error_ = {}; }
  void fail(int code);

  // While the flag is set (by any thread), waiting for a lock is shortened; it must outlive the
  // database.
  void watch(const std::atomic<bool>* hurry) { hurry_ = hurry; }
  // Whether closing checkpoints the log into the file; must be off for a file that is set aside.
  void checkpoint_on_close(bool wanted);
  // The file is no longer at its path: it was removed or replaced. False where this cannot be
  // determined.
  bool has_moved() const;

 private:
  friend class Rows;
  friend class DurableCommits;

  // Does first what there was no memory for when something failed: the end of the transaction, and
  // of durable commits. False: there is an error.
  bool may_run();
  sqlite3_stmt* prepared(const char* sql, std::initializer_list<Value> values);
  static int wait_for_lock(void* self, int tries);

  Handle<sqlite3, sqlite3_close_v2> handle_;
  std::unordered_map<std::string_view, StatementHandle> statements_;  // keys: string literals
  DatabaseError error_;
  bool owes_rollback_ = false;  // it failed, too
  bool owes_normal_ = false;    // commits are still durable
  uint64_t out_of_bounds_ = 0;
  const std::atomic<bool>* hurry_ = nullptr;
};

// While it lives, a commit returns only when the disk has the data: they survive a power failure.
// Made outside a transaction; rolls back one that is still open. The database must outlive it.
class DurableCommits {
 public:
  explicit DurableCommits(Database& database);
  DurableCommits(const DurableCommits&) = delete;
  DurableCommits& operator=(const DurableCommits&) = delete;
  ~DurableCommits();

 private:
  Database& database_;
  bool was_full_ = false;
};

}  // namespace mtasts::state
