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

  // Ends within `limit`; whatever is unfinished then is `cancelled` in the evidence. Throws only
  // for broken invariants.
  virtual boost::asio::awaitable<verdict::Evidence> check(DomainName domain,
                                                          std::chrono::milliseconds limit) = 0;
  // The tasks in which checks run; a running check keeps the runner alive.
  virtual async::TaskGroup& tasks() = 0;
};

}  // namespace mtasts::check
