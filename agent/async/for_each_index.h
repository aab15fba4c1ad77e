// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// for_each_index: one operation for each index, a limited number of them at a time.
#pragma once

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <vector>

#include "async/when_all.h"

namespace mtasts::async {

template <typename Work>
boost::asio::awaitable<void> in_turn(size_t count, size_t& next, const Work& work) {
  while (next < count) {
    size_t index = next++;
    co_await work(index);
  }
}

// `work(index)` returns an awaitable<void>. Returns when all have ended; when cancelled, those not
// started are left out.
template <typename Work>
boost::asio::awaitable<void> for_each_index(size_t count, size_t most_at_a_time, Work work) {
  size_t next = 0;
  std::vector<boost::asio::awaitable<void>> parts;
  for (size_t i = 0; i < std::min(most_at_a_time, count); ++i)
    parts.push_back(in_turn(count, next, work));
  co_await when_all(std::move(parts));
}

}  // namespace mtasts::async
