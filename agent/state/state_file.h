// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// StateFile: the location on disk. Creates the directory, locks out other agents (flock on
// `<path>.lock` for the lifetime of the object), opens the database and migrates its schema. A file
// of the agent that cannot be used is set aside under a dated name with its log, never deleted; a
// file of another program is left as it is (file_owner.h). `:memory:` uses no disk. One thread at a
// time; open() logs what it set aside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "base/time.h"
#include "state/database.h"

namespace mtasts::state {

class StateFile {
 public:
  StateFile(std::string path, Clock clock);

  // Creates the directory and takes the lock; waits for an agent that is shutting down. Fails when
  // the location is not writable or has a file of another program, and with FailureKind::not_yet
  // when another agent keeps the lock or what holds the location is not there yet.
  static Result<std::unique_ptr<StateFile>> claim(const std::string& path, Clock clock,
                                                  std::chrono::milliseconds patience);

  // Opens the file for reading and writing. Null: `error` says why; `denied` means that this
  // location is not writable at all, anything else may be temporary.
  std::unique_ptr<Database> open(DatabaseError& error);

  // Directory and lock are as claim() left them, or are created again if they were removed.
  bool hold(DatabaseError& error);

  // Whether the log next to the database belongs to it.
  enum class Log : uint8_t { own, of_another };
  // For a closed database that is corrupt, of a newer version, or was put in the place of the one
  // in use. The log of another database is kept where SQLite does not find it. False: it cannot be
  // renamed, or is a file of another program, which stays.
  bool set_aside(const std::string& suffix, const std::string& reason, DatabaseError& error,
                 Log log = Log::own);

  bool in_memory() const;
  const std::string& path() const { return path_; }

 private:
  std::unique_ptr<Database> open_once(DatabaseError& error, std::string& suffix);
  std::string free_name(const std::string& suffix) const;
  bool is_the_opened_file() const;
  // Whether the file may be written or renamed; else `error` says why not.
  bool is_ours(DatabaseError& error) const;

  // The file that was opened: it stays the agent's, even if its header is overwritten.
  struct Identity {
    dev_t device = 0;
    ino_t number = 0;
  };
  std::optional<Identity> opened_;
  std::string path_;  // absolute, symbolic links resolved
  Clock clock_;
  FileDescriptor lock_;
};

// "cannot write the state file /x: …; set [state] path …".
Failure not_writable(const std::string& path, const std::string& reason);
// The same, of kind not_yet for an errno that may pass without a change of settings.
Failure not_writable(const std::string& path, int error_number);

}  // namespace mtasts::state
