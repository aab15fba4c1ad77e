// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// KeyedSlots: a few coroutines at a time by key, the others in the order in which they came. The
// queue of a key is bounded, and nobody waits longer than a limit. Loop thread only.
#pragma once

#include <algorithm>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace mtasts::async {

template <typename Key>
class KeyedSlots {
  struct Waiter {
    explicit Waiter(const boost::asio::any_io_executor& executor) : timer(executor) {}
    boost::asio::steady_timer timer;
    bool granted = false;
  };
  struct Queue {
    size_t held = 0;
    std::deque<std::weak_ptr<Waiter>> waiting;  // expired: it has given up
  };
  using MostAtOnce = std::function<size_t(const Key&)>;
  struct State {
    MostAtOnce most_at_once;
    std::map<Key, Queue> queues;

    size_t most(const Key& key) const {
      return most_at_once ? std::max<size_t>(1, most_at_once(key)) : 1;
    }
    void hand_on(const Key& key) {
      auto place = queues.find(key);
      Queue& queue = place->second;
      const size_t most = this->most(key);
      while (queue.held < most && !queue.waiting.empty()) {
        const std::shared_ptr<Waiter> next = queue.waiting.front().lock();
        queue.waiting.pop_front();
        if (next == nullptr) continue;
        ++queue.held;
        next->granted = true;
        next->timer.cancel();
      }
      if (queue.held == 0 && queue.waiting.empty()) queues.erase(place);
    }
  };

 public:
  // Holds a slot of the key until destroyed; may outlive the KeyedSlots.
  class Guard {
   public:
    Guard(std::shared_ptr<State> state, Key key) : state_(std::move(state)), key_(std::move(key)) {}
    ~Guard() { release(); }
    Guard(Guard&& other) noexcept = default;
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;
    Guard& operator=(Guard&&) = delete;

    void release() {
      if (state_ == nullptr) return;
      const auto state = std::exchange(state_, nullptr);
      --state->queues.find(key_)->second.held;
      state->hand_on(key_);
    }

   private:
    std::shared_ptr<State> state_;  // null: released, or moved from
    Key key_;
  };

  // `most_at_once` is asked whenever a slot may be given; less than one counts as one.
  KeyedSlots(boost::asio::any_io_executor executor, MostAtOnce most_at_once, size_t most_waiting)
      : executor_(std::move(executor)),
        most_waiting_(most_waiting),
        state_(std::make_shared<State>()) {
    state_->most_at_once = std::move(most_at_once);
  }
  // Guards and waiting coroutines may outlive this, but not what `most_at_once` refers to.
  ~KeyedSlots() { state_->most_at_once = nullptr; }
  KeyedSlots(const KeyedSlots&) = delete;
  KeyedSlots& operator=(const KeyedSlots&) = delete;

  // Nothing: the queue is full, the limit has passed, or the waiting coroutine was cancelled.
  boost::asio::awaitable<std::optional<Guard>> acquire(Key key, std::chrono::milliseconds limit) {
    const std::shared_ptr<State> state = state_;  // this may be destroyed while the coroutine waits
    Queue& queue = state->queues[key];
    std::erase_if(queue.waiting, [](const auto& waiter) { return waiter.expired(); });
    if (queue.waiting.empty() && queue.held < state->most(key)) {
      ++queue.held;
      co_return std::optional<Guard>(std::in_place, state, std::move(key));
    }
    if (queue.waiting.size() >= most_waiting_) co_return std::nullopt;
    auto waiter = std::make_shared<Waiter>(executor_);
    queue.waiting.push_back(waiter);
    waiter->timer.expires_after(limit);
    boost::system::error_code ignored;
    co_await waiter->timer.async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
    if (waiter->granted) co_return std::optional<Guard>(std::in_place, state, std::move(key));
    co_return std::nullopt;
  }

  size_t size() const { return state_->queues.size(); }

 private:
  boost::asio::any_io_executor executor_;
  size_t most_waiting_;
  std::shared_ptr<State> state_;
};

}  // namespace mtasts::async
