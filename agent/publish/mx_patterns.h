// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a person gives for a policy: mx patterns (RFC 8461 §3.2) and max_age, read strictly, because
// a mistake in a policy keeps mail away. Only the form that every tested sender takes is let
// through: A-labels in lower case, no final dot, a wildcard for the first label alone. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace mtasts::publish {

struct PatternReading {
  std::vector<std::string> patterns;  // in order; complete only without errors
  std::vector<std::string> errors;    // one sentence each, printable, no final period
};

// `domain` (A-labels) is the one whose policy it is. At most protocol::kMostMxPatterns.
PatternReading read_patterns(const std::vector<std::string>& written, std::string_view domain);

// What the live MX hosts say against the patterns: one sentence for a pattern that covers none of
// them, and one for a host that no pattern covers.
std::vector<std::string> compare_with_live(const std::vector<std::string>& patterns,
                                           const std::vector<std::string>& hosts);

// Seconds ("604800") or a duration ("7d") between 1 and protocol::kMaxAgeLimit_seconds.
Result<uint64_t> read_max_age(std::string_view text);

}  // namespace mtasts::publish
