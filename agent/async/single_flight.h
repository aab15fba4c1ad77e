// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SingleFlight: at most one run of a piece of work per key at a time; those who ask meanwhile wait
// for the run that is under way. The work is a task of its own, so that the coroutine that asked
// first may be cancelled while others wait. Results are kept by the owner. Loop thread only.
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

  // Starts `work` (a function that returns an awaitable<void>) unless a run for the key is under
  // way. The event is set when that run has ended, also when it ended by an exception.
  template <typename Work>
  AsyncEvent join(const Key& key, const Work& work) {
    auto running = flights_->find(key);
    if (running != flights_->end()) return running->second;
    AsyncEvent done(executor_);
    flights_->emplace(key, done);
    tasks_.spawn(run(flights_, key, done, work()));
    return done;
  }

  bool is_running(const Key& key) const { return flights_->contains(key); }

 private:
  using Flights = std::map<Key, AsyncEvent>;

  static boost::asio::awaitable<void> run(std::shared_ptr<Flights> flights, Key key,
                                          AsyncEvent done, boost::asio::awaitable<void> work) {
    std::exception_ptr broken;
    try {
      co_await std::move(work);
    } catch (...) {
      broken = std::current_exception();  // rethrown once those who wait have been released
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
