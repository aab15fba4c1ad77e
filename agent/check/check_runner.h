// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CheckRunner: something that checks a domain. The engine, or a stand-in for it in tests of what
// drives checks. Loop thread only.
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

  // Ends within `limit`; what is undone then is `cancelled` in the evidence. Throws only for broken
  // invariants.
  virtual boost::asio::awaitable<verdict::Evidence> check(DomainName domain,
                                                          std::chrono::milliseconds limit) = 0;
  // Where checks run; while one does, it keeps the runner alive.
  virtual async::TaskGroup& tasks() = 0;
};

}  // namespace mtasts::check
