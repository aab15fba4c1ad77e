// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/loop_lag.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

namespace mtasts::async {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBlocked(900);

class LoopLagTest : public ::testing::Test {
 protected:
  // Runs the function on the loop after `delay`, while the lag is watched, then ends the watch.
  template <typename Function>
  void on_loop(milliseconds delay, Function function) {
    std::optional<LoopLag::Watch> watch(lag_.watch());
    asio::steady_timer timer(io_, delay);
    timer.async_wait([&](const boost::system::error_code&) {
      function();
      watch.reset();
    });
    io_.restart();
    io_.run();
  }

  asio::io_context io_;
  LoopLag lag_{io_.get_executor()};
};

TEST_F(LoopLagTest, ABlockedLoopIsSeen) {
  const auto start = steady_clock::now();
  on_loop(milliseconds(0), [&] {
    std::this_thread::sleep_for(kBlocked);
    // The handler that blocks sees it itself: the timer has not come yet.
    EXPECT_GE(lag_.worst_since(start), kBlocked - LoopLag::kTick);
    EXPECT_TRUE(lag_.disturbed_since(start));
  });
  const auto later = steady_clock::now();
  EXPECT_EQ(lag_.worst_since(later), milliseconds(0));
}

TEST_F(LoopLagTest, EachTickIsObserved) {
  std::vector<double> seen;
  LoopLag lag(io_.get_executor(),
              [&](std::chrono::duration<double> late) { seen.push_back(late.count()); });
  std::optional<LoopLag::Watch> watch(lag.watch());
  asio::post(io_, [] { std::this_thread::sleep_for(kBlocked); });
  asio::steady_timer timer(io_, milliseconds(1200));
  timer.async_wait([&](const boost::system::error_code&) { watch.reset(); });
  io_.run();
  ASSERT_GE(seen.size(), 2U);
  EXPECT_GE(seen.front(), 0.7);
  EXPECT_LT(*std::min_element(seen.begin(), seen.end()), 0.5);
}

TEST_F(LoopLagTest, ItIsRememberedAfterTheTimerCame) {
  const auto start = steady_clock::now();
  asio::post(io_, [] { std::this_thread::sleep_for(kBlocked); });
  on_loop(milliseconds(1100), [&] {
    EXPECT_GE(lag_.worst_since(start), kBlocked - LoopLag::kTick);
    EXPECT_GE(lag_.total_since(start), lag_.worst_since(start));
    EXPECT_TRUE(lag_.disturbed_since(start));
    const auto before = start - std::chrono::minutes(1);
    EXPECT_FALSE(lag_.disturbed_since(before)) << "a small part of a minute";
  });
}

TEST_F(LoopLagTest, ManySmallStandstillsAddUp) {
  // As a container does that may use a fifth of a CPU.
  const auto start = steady_clock::now();
  asio::steady_timer throttle(io_);
  int left = 6;
  std::function<void()> next = [&] {
    std::this_thread::sleep_for(milliseconds(250));
    if (--left == 0) return;
    throttle.expires_after(milliseconds(10));
    throttle.async_wait([&](const boost::system::error_code&) { next(); });
  };
  asio::post(io_, next);
  on_loop(milliseconds(1650), [&] { EXPECT_TRUE(lag_.disturbed_since(start)); });
}

TEST_F(LoopLagTest, WithoutAWatchTheLoopRunsOutOfWork) {
  { const LoopLag::Watch watch = lag_.watch(); }
  const auto start = steady_clock::now();
  io_.run();
  EXPECT_LT(steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(LoopLagTest, TheWatchMayOutliveIt) {
  std::optional<LoopLag> lag(io_.get_executor());
  std::optional<LoopLag::Watch> watch(lag->watch());
  lag.reset();
  watch.reset();
  io_.run();
}

}  // namespace
}  // namespace mtasts::async
