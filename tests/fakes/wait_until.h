// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Waits for a condition that another thread makes true, at most for a limit: on timeout the test
// fails and names the condition. To run an event loop in the meantime: run_until.h.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>
#include <thread>

namespace mtasts::fakes {

// Far longer than anything takes, even with sanitizers on a busy machine; below the limit of ctest.
inline constexpr std::chrono::seconds kWaitLimit{60};

// ASSERT_TRUE(wait_until("the connection to close", [&] { return server.open() == 0; }));
template <typename Condition>
testing::AssertionResult wait_until(std::string_view what, Condition condition,
                                    std::chrono::milliseconds limit = kWaitLimit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end)
      return testing::AssertionFailure() << "waited " << limit.count() << " ms for " << what;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return testing::AssertionSuccess();
}

}  // namespace mtasts::fakes
