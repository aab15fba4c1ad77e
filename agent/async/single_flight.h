// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SingleFlight: at most one run of a piece of work per key at a time; callers that arrive during a
// run wait for it. The work is a separate task, so that the coroutine that started it may be
// cancelled while others still wait. Does not keep results; the owner does. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <exception>
#include <map>
#include <memory>
#include <utility>

#include "async/async_event.h"
#include "async/task_group.h"

namespace mtasts::async {

template <typename Key>
class SingleFlight {
 public:
  // The task group must outlive this.
  SingleFlight(boost::asio::any_io_executor executor, TaskGroup& tasks)
      : executor_(std::move(executor)), tasks_(tasks) {}

  // Starts `work` (a function that returns an awaitable<void>) unless a run for the key is in
  // progress. The event is set when that run has ended, by an exception too.
  template <typename Work>
  AsyncEvent join(const Key& key, const Work& work) {
    auto running = flights_->find(key);
    if (running != flights_->end()) return running->second;
    AsyncEvent done(executor_);
    flights_->emplace(key, done);
    tasks_.spawn(run(flights_, key, done, work));
    return done;
  }

  bool is_running(const Key& key) const { return flights_->contains(key); }

 private:
  using Flights = std::map<Key, AsyncEvent>;

  template <typename Work>
  static boost::asio::awaitable<void> run(std::shared_ptr<Flights> flights, Key key,
                                          AsyncEvent done, Work work) {
    std::exception_ptr broken;
    try {
      co_await work();
    } catch (...) {
      broken = std::current_exception();  // rethrown after the waiters have been resumed
    }
    flights->erase(key);
    done.set();
    if (broken) std::rethrow_exception(broken);
  }

  boost::asio::any_io_executor executor_;
  TaskGroup& tasks_;
  std::shared_ptr<Flights> flights_ = std::make_shared<Flights>();
};

}  // namespace mtasts::async
