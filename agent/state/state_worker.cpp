// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/state_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "base/log.h"
#include "state/change_rows.h"
#include "state/schema.h"

namespace mtasts::state {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Checks that finish in a burst become one commit.
constexpr milliseconds kLinger{20};
constexpr std::chrono::hours kSweepPause{1};
constexpr std::chrono::seconds kLastWrites{2};
// Reports per transaction: its pages fit the log, and readers wait for it only briefly.
constexpr size_t kMostInBatch = 500;

}  // namespace

State::Worker::Worker(Options options, std::unique_ptr<StateFile> file,
                      std::unique_ptr<Database> database, const DatabaseError& error)
    : options_(std::move(options)),
      file_(std::move(file)),
      database_(std::move(database)),
      error_(error),
      retention_(options_.retention) {
  if (database_ == nullptr)
    note(false);
  else
    database_->watch(&hurry_);
  thread_ = std::thread([this] { run(); });
}

State::Worker::~Worker() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_by_ = steady_clock::now() + kLastWrites;
  }
  hurry_ = true;
  wake_.notify_one();
  thread_.join();
}

void State::Worker::remember(const verdict::ReportPtr& report, const board::LastResults& stages) {
  if (report == nullptr || report->history == nullptr) return;
  {
    std::lock_guard lock(mutex_);
    queue_.put(report, stages);
  }
  wake_.notify_one();
}

size_t State::Worker::backlog() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void State::Worker::post(std::function<void()> task) {
  {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

std::vector<Remembered> State::Worker::recall(const std::vector<std::string>& domains) {
  std::promise<std::vector<Remembered>> promise;
  auto read_back = promise.get_future();
  post([&] { promise.set_value(read(domains)); });
  return read_back.get();
}

void State::Worker::timeline(std::string domain, TimelineDone done) {
  if (timelines_.fetch_add(1) >= kMostTimelines) {
    timelines_.fetch_sub(1);
    return done(Failure{FailureKind::io, "the state file is busy with other requests; try again"});
  }
  post([this, domain = std::move(domain), done = std::move(done)] {
    timelines_.fetch_sub(1);
    done(read_changes(domain));
  });
}

DatabaseError State::Worker::with_database(const std::function<void(Database&)>& task) {
  std::packaged_task<DatabaseError()> run([&] { return run_with_database(task); });
  auto ended = run.get_future();
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return {ErrorClass::broken, "the agent is shutting down"};
    tasks_.push_back([&] { run(); });
  }
  wake_.notify_one();
  return ended.get();
}

void State::Worker::flush() {
  std::unique_lock lock(mutex_);
  uint64_t number = queue_.last_number();
  // An attempt that is already running does not include what was queued since.
  uint64_t attempt = attempt_ + 1;
  flush_attempt_ = std::max(flush_attempt_, attempt);
  wake_.notify_one();
  flushed_.wait(lock, [&] { return queue_.is_done(number) || failed_attempt_ >= attempt; });
}

bool State::Worker::should_write() const {
  if (queue_.empty()) return false;
  bool failing = failed_attempt_ == attempt_ && attempt_ > 0;
  if (flush_attempt_ > attempt_) return true;
  if (stopping_) return !failing && steady_clock::now() < stop_by_;
  return !failing || steady_clock::now() >= retry_at_;
}

State::Worker::SteadyTime State::Worker::next_turn() const {
  if (retention_.is_running() && database_ != nullptr) return {};
  return queue_.empty() ? sweep_at_ : std::min(sweep_at_, retry_at_);
}

void State::Worker::run() {
  sweep_at_ = steady_clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_until(lock, next_turn(),
                     [&] { return stopping_ || !tasks_.empty() || should_write(); });
    if (!tasks_.empty()) {
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      task();
      task = nullptr;  // captured objects are released without the lock
      lock.lock();
    } else if (should_write()) {
      linger(lock);
      write_all(lock);
    } else if (stopping_) {
      break;
    } else {
      lock.unlock();
      sweep();
      lock.lock();
    }
  }
  lock.unlock();
  database_.reset();
}

void State::Worker::linger(std::unique_lock<std::mutex>& lock) {
  wake_.wait_for(lock, kLinger, [&] { return stopping_ || flush_attempt_ > attempt_; });
}

void State::Worker::write_all(std::unique_lock<std::mutex>& lock) {
  uint64_t last = queue_.last_number();
  // Readers run between two batches.
  do {
    ++attempt_;
    uint64_t attempt = attempt_;
    std::vector<Queued> batch = queue_.front(kMostInBatch);
    lock.unlock();
    bool written = write(batch);
    note(written);
    lock.lock();
    if (written) {
      queue_.done(batch);
    } else {
      failed_attempt_ = attempt;
      retry_at_ = steady_clock::now() + options_.retry_after;
    }
    flushed_.notify_all();
    if (!written) return;
  } while (!queue_.is_done(last) && tasks_.empty() &&
           (!stopping_ || steady_clock::now() < stop_by_));
}

void State::Worker::sweep() {
  auto now = steady_clock::now();
  if (!retention_.is_running() && now >= sweep_at_) {
    retention_.start();
    sweep_at_ = now + kSweepPause;
  }
  if (database_ == nullptr || !retention_.is_running()) return;
  bool swept = retention_.step(*database_, options_.clock());
  if (retention_.deleted_domains() || !swept) writer_.forget();
  if (swept) return;
  // A write that fails reports its own error; only a corrupt file must not wait for one.
  error_ = database_->error();
  bool corrupt = error_.trouble == ErrorClass::corrupt;
  database_->roll_back();
  if (corrupt) close_broken();
}

void State::Worker::note(bool written) {
  bool was = writable_.exchange(written);
  if (was == written) return;
  if (written)
    log(LogLevel::info, "writing the state succeeded again", {{"path", options_.path}});
  else
    log(LogLevel::error, "cannot write the state; checks continue and the write will be retried",
        {{"path", options_.path}, {"error", error_.text}});
}

}  // namespace mtasts::state
