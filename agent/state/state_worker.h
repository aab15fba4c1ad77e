// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// State::Worker: the thread that owns the database. It wakes up to write, to read, or to sweep;
// writes wait a moment so that a burst becomes one commit. A failed write leaves everything queued
// and is retried with later ones, at most every `retry_after`.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "state/domain_rows.h"
#include "state/retention.h"
#include "state/state.h"
#include "state/state_file.h"
#include "state/write_queue.h"

namespace mtasts::state {

class State::Worker {
 public:
  // `database` is null if the file cannot be opened for now.
  Worker(Options options, std::unique_ptr<StateFile> file, std::unique_ptr<Database> database,
         const DatabaseError& error);
  ~Worker();

  // Any thread.
  void remember(const verdict::ReportPtr& report, const board::LastResults& stages);
  std::vector<Remembered> recall(const std::vector<std::string>& domains);
  void timeline(std::string domain, TimelineDone done);
  DatabaseError with_database(const std::function<void(Database&)>& task);
  void flush();
  bool writable() const { return writable_; }
  size_t backlog() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  void post(std::function<void()> task);
  void run();
  bool should_write() const;
  SteadyTime next_turn() const;
  void linger(std::unique_lock<std::mutex>& lock);
  void write_all(std::unique_lock<std::mutex>& lock);
  void sweep();

  // On the worker thread, without the lock.
  bool write(std::vector<Queued> kept);
  bool write_once(const std::vector<Queued>& batch, size_t& failed_at);
  bool open_again();
  void close_broken();
  void leave_moved();
  std::vector<Remembered> read(const std::vector<std::string>& domains);
  DatabaseError run_with_database(const std::function<void(Database&)>& task);
  Result<Timeline> read_changes(const std::string& domain);
  void note(bool written);

  // Timelines that wait to be read at a time; a disk may hang, and clients come again.
  static constexpr size_t kMostTimelines = 64;

  const Options options_;
  std::atomic<size_t> timelines_{0};
  std::atomic<bool> writable_{true};
  std::atomic<bool> hurry_{false};

  // Used by the worker thread alone, once it runs.
  std::unique_ptr<StateFile> file_;
  std::unique_ptr<Database> database_;  // null: cannot be opened for now
  DatabaseError error_;
  bool moved_ = false;  // the file at the path is not the one that was written to
  DomainWriter writer_;
  Retention retention_;
  SteadyTime sweep_at_{};

  mutable std::mutex mutex_;
  std::condition_variable wake_;     // wakes the worker thread
  std::condition_variable flushed_;  // wakes callers of flush()
  WriteQueue queue_;
  std::deque<std::function<void()>> tasks_;
  SteadyTime retry_at_{};
  uint64_t attempt_ = 0;         // number of write attempts, including a running one
  uint64_t failed_attempt_ = 0;  // the last one that failed
  uint64_t flush_attempt_ = 0;   // a flush waits for this attempt
  bool stopping_ = false;
  SteadyTime stop_by_{};

  std::thread thread_;
};

}  // namespace mtasts::state
