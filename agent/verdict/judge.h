// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// judge(): evidence in, report out. Pure: no clock, no I/O, no state; any thread.
// Three outcomes: what is known good, known bad, and what we could not see (unknown).
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "protocol/sts/sts_policy.h"
#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::verdict {

// From where and how the agent looks: what a person must add to a command to see the same thing.
struct Vantage {
  int https_port = 443;
  int smtp_port = 25;
  std::string dns_server;  // the first of the settings' servers; empty: the system's
  int dns_port = 53;
  std::string https_ca_file;  // empty: the system's trust store
  std::string smtp_ca_file;
};

// What the operator set (config/example.toml, [check]).
struct Thresholds {
  std::chrono::milliseconds expiry_warning = std::chrono::hours(21 * 24);
  std::chrono::milliseconds expiry_critical = std::chrono::hours(7 * 24);
  std::optional<protocol::Mode> expected_mode;                     // of this domain
  std::chrono::milliseconds change_hold = std::chrono::hours(24);  // how long a change is told
  std::chrono::milliseconds retention = std::chrono::hours(400 * 24);
  Vantage vantage;
};

// What is worth telling of an MX host, whoever uses it.
std::shared_ptr<const MxHostReport> describe_host(const MxHostEvidence& host);

// `before` is what is remembered of the domain, empty at its first check; null: no memory, so the
// stage `change` is not applicable. The report carries the history with this check in it.
Report judge(const Evidence& evidence, const HistoryPtr& before, const Thresholds& thresholds,
             Time now);

}  // namespace mtasts::verdict
