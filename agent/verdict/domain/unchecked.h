// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the agent did not contact although a sender may: addresses of a family that it does not use,
// addresses and MX hosts beyond a limit, and what a deadline prevented. Internal to the verdict
// room; pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verdict/rule_context.h"

namespace mtasts::verdict {

inline constexpr std::string_view kRaiseTimeout =
    "Find out why the lookups and connections of this check are slow, or raise [check] timeout.";

struct ContactedHost {
  std::string host;
  const HostAddresses* addresses = nullptr;  // never null
  bool contacted = false;                    // some address was
};

// Adds `code` for each host of which the agent contacts no address, or not all. Where only a family
// is left out and the other one was contacted, that is information, once for all hosts.
void judge_unchecked_addresses(RuleContext& context, FindingCode code,
                               const std::vector<ContactedHost>& hosts);

// The MX hosts and their addresses (stage mx).
void judge_unchecked_mx_hosts(RuleContext& context);

}  // namespace mtasts::verdict
