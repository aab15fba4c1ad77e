// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Runs an event loop and measures each of its handlers: the processor time that one of them takes,
// so that a busy machine makes no difference. The loop's thread only.
#pragma once

#include <time.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <thread>

#include "fakes/wait_until.h"

namespace mtasts::fakes {

inline std::chrono::nanoseconds processor_time() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

// Runs the loop until the condition is true, at most for a limit; the longest handler's time.
template <typename Condition>
std::chrono::milliseconds longest_handler(boost::asio::io_context& loop, Condition condition,
                                          std::chrono::milliseconds limit = kWaitLimit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  std::chrono::nanoseconds longest{0};
  while (!condition() && std::chrono::steady_clock::now() < end) {
    if (loop.stopped()) loop.restart();
    const auto before = processor_time();
    const size_t ran = loop.poll_one();
    longest = std::max(longest, processor_time() - before);
    if (ran == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

}  // namespace mtasts::fakes
