// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// when_all(): runs coroutines side by side and returns when the last has ended. Cancellation
// reaches all of them. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <vector>

namespace mtasts::async {

// The parts must not throw: what fails is told in their values.
boost::asio::awaitable<void> when_all(std::vector<boost::asio::awaitable<void>> parts);

}  // namespace mtasts::async
