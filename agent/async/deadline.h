// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Deadlines and cancellation for coroutines, in one place (Boost 1.81 has no cancel_after). Loop
// thread only. The operation must support cancellation: the deadline waits for it to end.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "async/async_event.h"

namespace mtasts::async {

// Returns after `duration`, or earlier when cancelled. Never throws.
inline boost::asio::awaitable<void> sleep_for(std::chrono::milliseconds duration) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, duration);
  boost::system::error_code ignored;
  co_await timer.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
}

// The value of the operation, or nothing when the limit was reached first; the operation has then
// been cancelled and has ended.
template <typename T>
boost::asio::awaitable<std::optional<T>> with_deadline(boost::asio::awaitable<T> operation,
                                                       std::chrono::milliseconds limit) {
  using boost::asio::experimental::awaitable_operators::operator||;
  auto winner = co_await (std::move(operation) || sleep_for(limit));
  if (winner.index() == 0) co_return std::optional<T>(std::get<0>(std::move(winner)));
  co_return std::nullopt;
}

// The same with an event in place of the limit.
template <typename T>
boost::asio::awaitable<std::optional<T>> unless_set(boost::asio::awaitable<T> operation,
                                                    AsyncEvent event) {
  using boost::asio::experimental::awaitable_operators::operator||;
  auto winner = co_await (std::move(operation) || event.wait());
  if (winner.index() == 0) co_return std::optional<T>(std::get<0>(std::move(winner)));
  co_return std::nullopt;
}

}  // namespace mtasts::async
