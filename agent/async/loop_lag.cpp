// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/loop_lag.h"

#include <algorithm>
#include <utility>

namespace mtasts::async {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;

constexpr auto kMemory = std::chrono::minutes(10);
constexpr size_t kMaxStandstills = 10'000;

struct Standstill {
  LoopLag::Instant begin;
  LoopLag::Instant end;
  // The part of it after `start`.
  LoopLag::Duration since(LoopLag::Instant start) const {
    return duration_cast<LoopLag::Duration>(end - std::max(begin, start));
  }
};

}  // namespace

struct LoopLag::Watch::State : std::enable_shared_from_this<State> {
  State(const boost::asio::any_io_executor& executor,
        std::function<void(std::chrono::duration<double>)> told)
      : timer(executor), observe(std::move(told)) {}

  void start() {
    due = steady_clock::now() + kTick;
    timer.expires_at(due);
    timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      auto self = weak.lock();
      if (self && !error && self->watches > 0) self->tick();
    });
  }

  void tick() {
    const Instant now = steady_clock::now();
    if (observe) observe(now - due);
    if (now - due >= kUnremarkable) standstills.push_back({due, now});
    while (!standstills.empty() &&
           (standstills.front().end < now - kMemory || standstills.size() > kMaxStandstills))
      standstills.pop_front();
    start();
  }

  // Calls the function for each standstill, also for one that the timer has not yet noticed: the
  // handlers of what expired meanwhile may run first.
  template <typename Function>
  void for_each(const Function& function) const {
    for (const Standstill& one : standstills) function(one);
    const Instant now = steady_clock::now();
    if (watches > 0 && now - due >= kUnremarkable) function(Standstill{due, now});
  }

  boost::asio::steady_timer timer;
  std::function<void(std::chrono::duration<double>)> observe;
  size_t watches = 0;
  Instant due{};
  std::deque<Standstill> standstills;
};

LoopLag::Watch::Watch(std::shared_ptr<State> state) : state_(std::move(state)) {
  if (state_->watches++ == 0) state_->start();
}

LoopLag::Watch::~Watch() {
  if (state_ != nullptr && --state_->watches == 0) state_->timer.cancel();
}

LoopLag::LoopLag(const boost::asio::any_io_executor& executor,
                 std::function<void(std::chrono::duration<double>)> observe)
    : state_(std::make_shared<Watch::State>(executor, std::move(observe))) {}

LoopLag::~LoopLag() = default;

LoopLag::Watch LoopLag::watch() { return Watch(state_); }

LoopLag::Duration LoopLag::worst_since(Instant start) const {
  Duration worst{0};
  state_->for_each([&](const Standstill& one) { worst = std::max(worst, one.since(start)); });
  return worst;
}

LoopLag::Duration LoopLag::total_since(Instant start) const {
  Duration total{0};
  state_->for_each(
      [&](const Standstill& one) { total += std::max(Duration(0), one.since(start)); });
  return total;
}

bool LoopLag::disturbed_since(Instant start) const {
  const Duration total = total_since(start);
  return total >= kSignificant && 4 * total >= steady_clock::now() - start;
}

}  // namespace mtasts::async
