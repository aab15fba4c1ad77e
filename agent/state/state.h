// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// State: persistent memory. One SQLite file (WAL) with one writer, a thread of its own; reports are
// queued and committed together in one transaction, so a kill at any moment loses at most what is
// not committed yet. The authoritative data is in memory (verdict::History): when the disk fails,
// nothing waits for it; what could not be written stays queued, the latest of each domain, and is
// retried. A file that cannot be read is never deleted: it is set aside under a dated name.
// `:memory:` keeps nothing at exit.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "board/latest_reports.h"
#include "verdict/history/history.h"
#include "verdict/report.h"

namespace mtasts::state {

class Database;
struct DatabaseError;

// What is known of a domain from earlier runs.
struct Remembered {
  verdict::ReportPtr report;  // the last one, including its history; never null
  board::LastResults stages;
};

// The timeline of one domain and of its MX hosts' certificates, newest first.
struct Timeline {
  std::vector<verdict::Change> changes;
  bool cut = false;  // there are more entries than requested
};
inline constexpr size_t kMostTimelineLines = 1000;

class State {
 public:
  struct Options {
    std::string path;  // or ":memory:"
    std::chrono::milliseconds retention = std::chrono::hours(400 * 24);
    Clock clock = system_now;
    std::chrono::milliseconds retry_after = std::chrono::seconds(10);  // between failing writes
    // For an agent that is shutting down and still holds the lock.
    std::chrono::milliseconds lock_timeout = std::chrono::seconds(10);
  };

  // Creates missing directories and the file. Fails, with one sentence that names the path and the
  // fix, only when the location is not writable at all or another process holds it. A file that is
  // corrupt or of a newer version is set aside (logged) and replaced by a new one.
  static Result<std::unique_ptr<State>> open(Options options);
  // Writes what is queued, for at most two seconds.
  ~State();

  // What is known of these domains, in any order; unknown ones are omitted. Blocks; any thread.
  std::vector<Remembered> recall(const std::vector<std::string>& domains);

  // Queues the report (whose `history` must not be null) with its changes. Any thread; never
  // blocks.
  void remember(const verdict::ReportPtr& report, const board::LastResults& stages);

  // Callable from any thread; `done` runs on the database thread, or at once, with a failure, where
  // too many wait.
  using TimelineDone = std::function<void(Result<Timeline>)>;
  void timeline(std::string domain, TimelineDone done);

  // For other tables in the same file (report_store/), which has one writer: runs the task on the
  // database thread and returns when it has ended. The task may use the database until it returns;
  // it leaves no transaction open, and must not call State. The error (`none`: success) is that of
  // the database after the task, or why there is no database for now, in which case the task did
  // not run. After an error the transaction is rolled back; a corrupt file is set aside, so the
  // next call begins a new one. What the task throws is thrown to the caller. Blocks; any thread
  // but the database thread.
  DatabaseError with_database(const std::function<void(Database&)>& task);

  // The last write succeeded (or none was attempted yet). Any thread.
  bool writable() const;
  // Reports waiting to be written. Any thread.
  size_t backlog() const;
  // Blocks until what was queued before is committed or has failed. For tests and orderly shutdown.
  void flush();

 private:
  class Worker;
  explicit State(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

// For commands, with or without a running agent: reads and never writes.
struct StateReading {
  std::vector<Remembered> remembered;  // for the requested domain: one entry, or none if unknown
  Timeline timeline;
};
// Fails with one sentence when the file is missing or cannot be read.
Result<StateReading> read_state(const std::filesystem::path& path, const std::string& domain);

}  // namespace mtasts::state
