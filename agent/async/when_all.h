// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// when_all(): runs coroutines concurrently and returns when the last one has ended. Cancellation is
// forwarded to all of them. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace mtasts::async {

// The coroutines must not throw: failures are part of their results.
boost::asio::awaitable<void> when_all(std::vector<boost::asio::awaitable<void>> parts);

}  // namespace mtasts::async
