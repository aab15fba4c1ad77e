// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The command of a finding that shows what the agent observed: the row's template filled in for
// one domain, host and address. Safe to paste into a shell (shell_command.h); empty where the
// host's name allows no safe one. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "base/ip_address.h"
#include "verdict/findings/finding.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

struct VerifyTarget {
  std::string domain;                // empty: the row names none
  std::string host;                  // empty: the policy host
  std::optional<IpAddress> address;  // empty: the host's own
};

std::string verify_command(const FindingRow& row, const Vantage& vantage,
                           const VerifyTarget& target);

}  // namespace mtasts::verdict
