// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// State: the memory on disk. One SQLite file (WAL) with one writer, a thread of its own; what is
// remembered is queued and committed in one transaction with whatever else waits, so a kill at any
// moment loses at most what was in flight. The agent's truth is in memory (verdict::History): when
// the disk fails, nothing waits for it; what could not be written stays queued, the latest of each
// domain, and is tried again. A file that cannot be read is never deleted: it is set aside under a
// dated name. `:memory:` forgets at exit.
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

// What is known of a domain from earlier runs.
struct Remembered {
  verdict::ReportPtr report;  // the last one, its history inside; never null
  board::LastResults stages;
};

// The timeline of one domain and of its MX hosts' certificates, newest first.
struct Timeline {
  std::vector<verdict::Change> changes;
  bool cut = false;  // there is more than was asked for
};
inline constexpr size_t kMostTimelineLines = 1000;

class State {
 public:
  struct Options {
    std::string path;  // or ":memory:"
    std::chrono::milliseconds retention = std::chrono::hours(400 * 24);
    Clock clock = system_now;
    std::chrono::milliseconds retry_after = std::chrono::seconds(10);  // between failing writes
    // For an agent that is just ending and has the lock still.
    std::chrono::milliseconds lock_patience = std::chrono::seconds(10);
  };

  // Creates the folder and the file where they are missing. Fails, with one sentence that names the
  // path and what to do, only when the place cannot be written at all or another process has it. A
  // file that is corrupt or of a newer version is set aside (logged), and a new one begun.
  static Result<std::unique_ptr<State>> open(Options options);
  // Writes what is queued, for two seconds at most.
  ~State();

  // What is known of these domains, in any order; unknown ones are left out. Blocks; any thread.
  std::vector<Remembered> recall(const std::vector<std::string>& domains);

  // Queues the report (whose `history` must not be null) with its changes. Any thread; never
  // blocks.
  void remember(const verdict::ReportPtr& report, const board::LastResults& stages);

  // `done` runs on the state's thread. Any thread.
  using TimelineDone = std::function<void(Result<Timeline>)>;
  void timeline(std::string domain, TimelineDone done);

  // The last write succeeded (or none was tried yet). Any thread.
  bool writable() const;
  // Reports that wait to be written. Any thread.
  size_t backlog() const;
  // Blocks until what was queued before is committed or has failed. For tests and orderly ends.
  void flush();

 private:
  class Worker;
  explicit State(std::unique_ptr<Worker> worker);
  std::unique_ptr<Worker> worker_;
};

// For commands, beside a running agent or without one: reads and never writes.
struct StateReading {
  std::vector<Remembered> remembered;  // of the domain asked for: one, or none when it is unknown
  Timeline timeline;
};
// Fails with one sentence when there is no such file or it cannot be read.
Result<StateReading> read_state(const std::filesystem::path& path, const std::string& domain);

}  // namespace mtasts::state
