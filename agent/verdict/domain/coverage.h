// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Coverage: which MX hosts a policy's patterns cover (RFC 8461 §4.1), who operates them, and which
// mx lines would cover them. Suggestions are made from the live MX names, never from a stored
// pattern, and are checked against the one-label rule. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"

namespace mtasts::verdict {

// The first pattern that matches the host.
std::optional<std::string> covering_pattern(const std::vector<std::string>& patterns,
                                            std::string_view host);

// "Microsoft 365", "Google Workspace", …, by the suffix of an MX host; empty: not recognised.
std::string_view provider_of(std::string_view mx_host);
// The provider whose MX hosts all are more than one level below `base`; empty: none.
std::string_view provider_with_hosts_below(std::string_view base);
// A note for customers of the provider, one sentence; empty: none.
std::string_view provider_hint(std::string_view provider);

// mx lines that cover all given hosts: the provider's customary wildcard if it covers the host at
// the right depth, else the host itself. Hosts that no policy can list are omitted.
std::vector<std::string> suggested_patterns(const std::vector<std::string>& hosts);

// A policy text that all senders accept: version first, CRLF after every line. Empty without hosts.
std::string suggested_policy(const std::vector<std::string>& hosts, protocol::Mode mode,
                             uint64_t max_age_seconds);

}  // namespace mtasts::verdict
