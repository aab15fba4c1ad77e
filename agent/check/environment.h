// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Environment: what all parts of the engine share: the loop, its tasks, the network ports,
// the metrics and the clocks. Cheap to copy; everything it refers to must outlive its users and
// their tasks. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <optional>

#include "async/loop_lag.h"
#include "async/task_group.h"
#include "base/check_metrics.h"
#include "base/time.h"
#include "net/dns/ad_trust.h"
#include "net/dns/authority_prober.h"
#include "net/dns/resolver.h"
#include "net/https/policy_fetcher.h"
#include "net/smtp/smtp_prober.h"

namespace mtasts::check {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Environment {
  boost::asio::any_io_executor executor;
  async::TaskGroup& tasks;
  net::Resolver& resolver;
  net::PolicyFetcher& fetcher;
  net::SmtpProber& prober;
  CheckMetrics& metrics = no_metrics();
  Clock clock = system_now;                                                 // dates in evidence
  std::function<SteadyTime()> steady_now = std::chrono::steady_clock::now;  // ages and durations
  async::LoopLag* lag = nullptr;                                            // null: not measured
  net::AuthorityProber* authorities = nullptr;  // null: authoritative servers are not asked
  std::optional<net::AdTrust> ad_trust = {};    // empty: nothing is looked up for DANE
};

}  // namespace mtasts::check
