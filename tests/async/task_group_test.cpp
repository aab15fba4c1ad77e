// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/task_group.h"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <string>

#include "async/deadline.h"

namespace mtasts::async {
namespace {

namespace asio = boost::asio;
using testing::HasSubstr;

// Throws when it is cancelled, as Asio's own operations do.
asio::awaitable<void> wait_long(asio::io_context& loop) {
  asio::steady_timer timer(loop, std::chrono::hours(1));
  co_await timer.async_wait(asio::use_awaitable);
}

// Begins something else when it is told to end.
asio::awaitable<void> pass_on(asio::io_context& loop, TaskGroup& tasks) {
  co_await async::sleep_for(std::chrono::hours(1));
  tasks.spawn(wait_long(loop));
}

asio::awaitable<void> break_down(asio::io_context& loop) {
  asio::steady_timer timer(loop, std::chrono::milliseconds(0));
  co_await timer.async_wait(asio::use_awaitable);
  throw std::runtime_error("broken invariant");
}

// What is logged until the loop has nothing more to do; cancels once all has begun.
std::string log_of(asio::io_context& loop, TaskGroup& tasks) {
  testing::internal::CaptureStderr();
  loop.run_for(std::chrono::milliseconds(20));
  tasks.cancel_all();
  loop.restart();
  loop.run_for(std::chrono::seconds(5));
  return testing::internal::GetCapturedStderr();
}

TEST(TaskGroup, CancelledTasksEndAndAreNoErrors) {
  asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(wait_long(loop));
  tasks.spawn(wait_long(loop));
  EXPECT_EQ(tasks.size(), 2u);
  EXPECT_EQ(log_of(loop, tasks), "");
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_TRUE(loop.stopped());
}

TEST(TaskGroup, WhatIsSpawnedWhileAllEndEndsToo) {
  asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(pass_on(loop, tasks));
  EXPECT_EQ(log_of(loop, tasks), "");
  EXPECT_EQ(tasks.size(), 0u);
  EXPECT_TRUE(loop.stopped());
}

TEST(TaskGroup, BrokenInvariantsAreLogged) {
  asio::io_context loop;
  TaskGroup tasks(loop.get_executor());
  tasks.spawn(break_down(loop));
  EXPECT_THAT(log_of(loop, tasks), HasSubstr("broken invariant"));
  EXPECT_EQ(tasks.size(), 0u);
}

}  // namespace
}  // namespace mtasts::async
