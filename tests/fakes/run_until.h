// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Runs an event loop until a condition is true, at most for a limit. The loop's thread only.
#pragma once

#include <boost/asio/io_context.hpp>

#include "fakes/wait_until.h"

namespace mtasts::fakes {

// ASSERT_TRUE(run_until(loop, "the answer", [&] { return answer.has_value(); }));
template <typename Condition>
testing::AssertionResult run_until(boost::asio::io_context& loop, std::string_view what,
                                   Condition condition,
                                   std::chrono::milliseconds limit = kWaitLimit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end)
      return testing::AssertionFailure() << "waited " << limit.count() << " ms for " << what;
    if (loop.stopped()) {
      loop.restart();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // idle; a thread may post
    }
    loop.run_one_for(std::chrono::milliseconds(10));
  }
  return testing::AssertionSuccess();
}

}  // namespace mtasts::fakes
