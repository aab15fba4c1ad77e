// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// KeyedLock: mutual exclusion of coroutines by key; not fair. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <utility>

#include "async/async_event.h"

namespace mtasts::async {

template <typename Key>
class KeyedLock {
  using Held = std::map<Key, AsyncEvent>;

 public:
  // Holds the key until destroyed; may outlive the lock.
  class Guard {
   public:
    Guard(std::shared_ptr<Held> held, Key key) : held_(std::move(held)), key_(std::move(key)) {}
    ~Guard() { release(); }
    Guard(Guard&& other) noexcept = default;
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    Guard& operator=(Guard&&) = delete;

    void release() {
      if (held_ == nullptr) return;
      auto held = std::exchange(held_, nullptr);
      auto place = held->find(key_);
      AsyncEvent released = place->second;
      held->erase(place);
      released.set();
    }

   private:
    std::shared_ptr<Held> held_;  // null: released, or moved from
    Key key_;
  };

  explicit KeyedLock(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

  // Waits until the key is free. Throws Asio's operation_aborted when cancelled.
  boost::asio::awaitable<Guard> acquire(Key key) {
    for (auto place = held_->find(key); place != held_->end(); place = held_->find(key)) {
      AsyncEvent released = place->second;
      co_await released.wait();
    }
    held_->emplace(key, AsyncEvent(executor_));
    co_return Guard(held_, std::move(key));
  }

 private:
  boost::asio::any_io_executor executor_;
  std::shared_ptr<Held> held_ = std::make_shared<Held>();
};

}  // namespace mtasts::async
