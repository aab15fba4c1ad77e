// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Coverage: which MX hosts a policy's patterns cover (RFC 8461 §4.1), who runs them, and what mx
// lines would cover them. A suggestion is made from the live MX names, never from a stored pattern,
// and checked against the one-label rule before it is given. Pure, any thread.
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
// What the provider's customers should know, one sentence; empty: nothing.
std::string_view provider_hint(std::string_view provider);

// mx lines that cover every host given: the provider's customary wildcard where it covers the host
// at the right depth, else the host itself. Hosts that no policy can list are left out.
std::vector<std::string> suggested_patterns(const std::vector<std::string>& hosts);

// A policy text that all senders accept: version first, CRLF, a last line end. Empty without hosts.
std::string suggested_policy(const std::vector<std::string>& hosts, protocol::Mode mode,
                             uint64_t max_age_seconds);

}  // namespace mtasts::verdict
