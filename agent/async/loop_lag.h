// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// LoopLag: how long the loop stood still: the process was stopped, throttled or starved, or a
// handler blocked. A timer that comes late shows it. Whoever measures a duration or a timeout of a
// peer asks for the lag since it began: what the agent itself has lost must not count against the
// peer. Ticks only while something is watched. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>

namespace mtasts::async {

class LoopLag {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;

  static constexpr Duration kTick{100};
  // A timer of an idle machine is late by a millisecond or two.
  static constexpr Duration kUnremarkable{20};
  // Less than this is no standstill that would make a peer or a timer give up.
  static constexpr Duration kSignificant{500};

  // `observe`, if any, is told of every tick how late it came.
  explicit LoopLag(const boost::asio::any_io_executor& executor,
                   std::function<void(std::chrono::duration<double>)> observe = {});
  ~LoopLag();
  LoopLag(const LoopLag&) = delete;
  LoopLag& operator=(const LoopLag&) = delete;

  // The lag is measured while a watch exists. May outlive the LoopLag.
  class Watch {
   public:
    Watch(Watch&&) noexcept = default;
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    Watch& operator=(Watch&&) = delete;
    ~Watch();

   private:
    friend class LoopLag;
    struct State;
    explicit Watch(std::shared_ptr<State> state);
    std::shared_ptr<State> state_;  // null: moved from
  };
  Watch watch();

  // The longest standstill, and the sum of all, that ended after `start`; what was before a watch
  // existed, or is older than ten minutes, is not known.
  Duration worst_since(Instant start) const;
  Duration total_since(Instant start) const;
  // The loop stood still for a significant part of the time since then: a quarter of it, and at
  // least kSignificant.
  bool disturbed_since(Instant start) const;

 private:
  std::shared_ptr<Watch::State> state_;
};

}  // namespace mtasts::async
