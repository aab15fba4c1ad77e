// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CheckRunner: interface of whatever checks a domain: the engine, or a fake in the tests of its
// callers. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "async/task_group.h"
#include "base/domain_name.h"
#include "verdict/evidence.h"

namespace mtasts::check {

class CheckRunner {
 public:
  virtual ~CheckRunner() = default;

  // Checks the domain of `evidence`, which is otherwise new, and fills it in. Ends within `limit`;
  // whatever is unfinished then, or when the coroutine is cancelled, is `cancelled` in the
  // evidence. That also holds at every moment before: others on the loop may read it meanwhile.
  // `evidence` must outlive the coroutine. Throws only for broken invariants.
  virtual boost::asio::awaitable<void> observe(verdict::Evidence& evidence,
                                               std::chrono::milliseconds limit) = 0;
  // The tasks in which checks run; a running check keeps the runner alive.
  virtual async::TaskGroup& tasks() = 0;
};

}  // namespace mtasts::check
