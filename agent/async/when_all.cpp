// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "async/when_all.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mtasts::async {

namespace asio = boost::asio;

asio::awaitable<void> when_all(std::vector<asio::awaitable<void>> parts) {
  if (parts.empty()) co_return;
  auto executor = co_await asio::this_coro::executor;
  using Operation =
      decltype(asio::co_spawn(executor, std::declval<asio::awaitable<void>>(), asio::deferred));
  std::vector<Operation> operations;
  operations.reserve(parts.size());
  for (auto& part : parts)
    operations.push_back(asio::co_spawn(executor, std::move(part), asio::deferred));
  auto group = asio::experimental::make_parallel_group(std::move(operations));
  auto all = asio::experimental::wait_for_all();
  co_await group.async_wait(all, asio::use_awaitable);
}

}  // namespace mtasts::async
