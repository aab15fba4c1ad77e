// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// StateFile: the place on disk. Makes the folder, keeps other agents out (flock on `<path>.lock`
// for as long as it lives), opens the database and brings its schema up to date. A file that cannot
// be used is set aside under a dated name with its log, never deleted. `:memory:` has no place.
// One thread at a time; opening logs what it set aside.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"

namespace mtasts::state {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number = -1) : number_(number) {}
  FileDescriptor(FileDescriptor&& other) noexcept : number_(other.number_) { other.number_ = -1; }
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

class StateFile {
 public:
  StateFile(std::string path, Clock clock);

  // The folder is there and the lock ours; waits for an agent that is just ending. Fails when the
  // place cannot be written or another agent keeps it.
  static Result<std::unique_ptr<StateFile>> claim(const std::string& path, Clock clock,
                                                  std::chrono::milliseconds patience);

  // Ready to be read and written. Null: `error` says why; `denied` means that this place cannot be
  // written at all, anything else may pass.
  std::unique_ptr<Database> open(DatabaseError& error);

  // Folder and lock stand as claim() left them, or are made anew where somebody removed them.
  bool hold(DatabaseError& error);

  // Whether the log beside the database is the database's own.
  enum class Log : uint8_t { own, of_another };
  // For a database that was closed because it is broken, or was never ours. A log of another one is
  // kept where SQLite does not find it. False: it cannot be renamed.
  bool set_aside(const std::string& suffix, const std::string& reason, DatabaseError& error,
                 Log log = Log::own);

  bool in_memory() const;
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<Database> open_once(DatabaseError& error, std::string& suffix);
  std::string free_name(const std::string& suffix) const;

  std::string path_;  // absolute, symbolic links resolved
  Clock clock_;
  FileDescriptor lock_;
};

// "cannot write the state file /x: …; set [state] path …".
Failure not_writable(const std::string& path, const std::string& reason);

}  // namespace mtasts::state
