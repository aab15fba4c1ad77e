// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Coverage: which MX hosts a policy's patterns cover (RFC 8461 §4.1), and which mx lines would
// cover them. Suggestions are made from the live MX names, never from a stored pattern, and are
// checked against the one-label rule. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"
#include "verdict/domain/providers.h"

namespace mtasts::verdict {

// The first pattern that matches the host.
std::optional<std::string> covering_pattern(const std::vector<std::string>& patterns,
                                            std::string_view host);

// mx lines that cover all given hosts: the provider's customary wildcard if it covers the host at
// the right depth, else the host itself. Hosts that no policy can list are omitted.
std::vector<std::string> suggested_patterns(const std::vector<std::string>& hosts);

// A policy text that all senders accept: version first, CRLF after every line. Empty without hosts.
std::string suggested_policy(const std::vector<std::string>& hosts, protocol::Mode mode,
                             uint64_t max_age_seconds);

}  // namespace mtasts::verdict
