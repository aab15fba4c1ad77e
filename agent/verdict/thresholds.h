// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Thresholds: the operator's settings for judging, and the agent's vantage point, so that the
// command of a finding observes the same. Plain values, any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "protocol/sts/sts_policy.h"
#include "verdict/hosted_policy.h"

namespace mtasts::verdict {

// From where and how the agent observes: what a command needs to observe the same.
struct Vantage {
  int https_port = 443;
  int smtp_port = 25;
  std::string dns_server;  // the first configured server; empty: the system's
  int dns_port = 53;
  std::string https_ca_file;  // empty: the system's trust store
  std::string smtp_ca_file;
  bool operator==(const Vantage&) const = default;
};

// Limits set by the operator.
struct Thresholds {
  std::chrono::milliseconds expiry_warning = std::chrono::hours(21 * 24);
  std::chrono::milliseconds expiry_critical = std::chrono::hours(7 * 24);
  std::optional<protocol::Mode> expected_mode;                     // of this domain
  std::chrono::milliseconds change_hold = std::chrono::hours(24);  // how long a change is reported
  std::chrono::milliseconds retention = std::chrono::hours(400 * 24);
  Vantage vantage;
  HostedPolicyPtr hosted;  // what the agent serves for this domain; null: nothing
  bool operator==(const Thresholds&) const = default;
};

}  // namespace mtasts::verdict
