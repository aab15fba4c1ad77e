// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/nursery.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "net/deadline.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

// Throws when it is cancelled, as Asio's own operations do.
asio::awaitable<void> wait_long(asio::io_context& loop) {
  asio::steady_timer timer(loop, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
}

// Begins something else when it is told to end.
asio::awaitable<void> pass_on(asio::io_context& loop, Nursery& nursery) {
  co_await net::sleep_for(std::chrono::hours(1));
  nursery.spawn(wait_long(loop));
}

asio::awaitable<void> break_down(asio::io_context& loop) {
  asio::steady_timer timer(loop, std::chrono::milliseconds(0));
  co_await timer.async_wait(asio::use_awaitable);
  throw std::runtime_error("broken invariant");
}

// What is logged until the loop has nothing more to do; cancels once all has begun.
std::string log_of(asio::io_context& loop, Nursery& nursery) {
  testing::internal::CaptureStderr();
  loop.run_for(std::chrono::milliseconds(20));
  nursery.cancel_all();
  loop.restart();
  loop.run_for(std::chrono::seconds(5));
  return testing::internal::GetCapturedStderr();
}

TEST(Nursery, CancelledTasksEndAndAreNoErrors) {
  asio::io_context loop;
  Nursery nursery(loop.get_executor());
  nursery.spawn(wait_long(loop));
  nursery.spawn(wait_long(loop));
  EXPECT_EQ(nursery.size(), 2u);
  EXPECT_EQ(log_of(loop, nursery), "");
  EXPECT_EQ(nursery.size(), 0u);
  EXPECT_TRUE(loop.stopped());
}

TEST(Nursery, WhatIsSpawnedWhileAllEndEndsToo) {
  asio::io_context loop;
  Nursery nursery(loop.get_executor());
  nursery.spawn(pass_on(loop, nursery));
  EXPECT_EQ(log_of(loop, nursery), "");
  EXPECT_EQ(nursery.size(), 0u);
  EXPECT_TRUE(loop.stopped());
}

TEST(Nursery, BrokenInvariantsAreLogged) {
  asio::io_context loop;
  Nursery nursery(loop.get_executor());
  nursery.spawn(break_down(loop));
  EXPECT_THAT(log_of(loop, nursery), HasSubstr("broken invariant"));
  EXPECT_EQ(nursery.size(), 0u);
}

}  // namespace
}  // namespace mtasts::check
