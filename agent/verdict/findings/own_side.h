// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Texts for what failed on the agent's own side: which resolver, which port, and what to change
// there. The fixes of the table are for the domain, and would send people to the wrong place. Pure,
// any thread.
#pragma once

#include <optional>
#include <string>

#include "base/channel.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// "the resolver 127.0.0.1:53", or "the system's resolver".
std::string resolver_name(const Vantage& vantage);

// "dig @127.0.0.1 com NS": a name that every working resolver knows.
std::string resolver_test(const Vantage& vantage);

// The fix of a finding whose channel is not available to the agent.
std::string channel_fix(ChannelKind kind, std::optional<AddressFamily> family,
                        const Vantage& vantage);

// The fix of a finding whose observation did not come to an end.
std::string unfinished_fix();

}  // namespace mtasts::verdict
