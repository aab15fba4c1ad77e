// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SharedProbes: the results of one kind of probe by key (a domain, a host), each kept for the
// lifetime that the probe gives it and shared by all checks that need it. At most one probe per key
// at a time; other callers wait for it. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "async/single_flight.h"
#include "check/environment.h"

namespace mtasts::check {

template <typename Result>
class SharedProbes {
 public:
  using ResultPtr = std::shared_ptr<const Result>;
  struct Outcome {
    ResultPtr result;  // null: not observed
    std::chrono::milliseconds lifetime{0};
  };
  // `before` is the previous result for the key, or null.
  using Probe = std::function<boost::asio::awaitable<Outcome>(std::string key, ResultPtr before)>;

  // The probe and what it uses must outlive the environment's tasks.
  SharedProbes(const Environment& environment, Probe probe)
      : environment_(environment),
        probe_(std::move(probe)),
        running_(environment_.executor, environment_.tasks) {}

  // Null: not observed, or the waiting coroutine was cancelled before the probe ended.
  boost::asio::awaitable<ResultPtr> get(std::string key) {
    Entry& entry = (*entries_)[key];
    entry.asked = environment_.steady_now();
    if (entry.probed && entry.asked < entry.until) co_return entry.result;
    auto work = [this, key] { return run(key); };
    async::AsyncEvent done = running_.join(key, work);
    co_await done.wait();
    auto found = entries_->find(key);
    if (!done.is_set() || found == entries_->end()) co_return nullptr;
    co_return found->second.result;
  }

  // Shares the results of another, so that a reload does not repeat every probe. However many there
  // are, it takes no time.
  void inherit(const SharedProbes& other) { entries_ = other.entries_; }
  // Removes what has been used by nobody for `unused`.
  void sweep(std::chrono::milliseconds unused) {
    SteadyTime oldest = environment_.steady_now() - unused;
    std::erase_if(*entries_, [&](const auto& item) {
      return !running_.is_running(item.first) && item.second.asked < oldest;
    });
  }
  size_t size() const { return entries_->size(); }

 private:
  struct Entry {
    ResultPtr result;
    bool probed = false;
    SteadyTime until{};
    SteadyTime asked{};
  };

  boost::asio::awaitable<void> run(std::string key) {
    ResultPtr before = (*entries_)[key].result;
    Outcome outcome;
    std::exception_ptr broken;
    try {
      outcome = co_await probe_(key, before);
    } catch (...) {
      broken = std::current_exception();
    }
    Entry& entry = (*entries_)[key];
    entry.result = std::move(outcome.result);
    entry.probed = !broken;
    entry.until = environment_.steady_now() + outcome.lifetime;
    if (broken) std::rethrow_exception(broken);
  }

  Environment environment_;
  Probe probe_;
  using Entries = std::unordered_map<std::string, Entry>;
  std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
  async::SingleFlight<std::string> running_;
};

}  // namespace mtasts::check
