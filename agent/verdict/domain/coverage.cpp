// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/coverage.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::verdict {

std::optional<std::string> covering_pattern(const std::vector<std::string>& patterns,
                                            std::string_view host) {
  for (const std::string& pattern : patterns)
    if (protocol::mx_pattern_matches(pattern, host)) return pattern;
  return std::nullopt;
}

std::vector<std::string> suggested_patterns(const std::vector<std::string>& hosts) {
  std::vector<std::string> patterns;
  for (const std::string& host : hosts) {
    // Neither addresses nor names that mean something only locally.
    bool dotted = host.find('.') != std::string::npos;
    if (!protocol::is_rfc1123_host_name(host) || !dotted || host.ends_with(".localhost")) continue;
    std::string pattern = ascii_lower(host);
    if (const Provider* provider = find_provider(host)) {
      std::string customary = customary_pattern(pattern, *provider);
      if (protocol::mx_pattern_matches(customary, host)) pattern = customary;
    }
    if (std::find(patterns.begin(), patterns.end(), pattern) == patterns.end())
      patterns.push_back(std::move(pattern));
  }
  return patterns;
}

std::string suggested_policy(const std::vector<std::string>& hosts, protocol::Mode mode,
                             uint64_t max_age_seconds) {
  std::vector<std::string> patterns = suggested_patterns(hosts);
  if (patterns.empty()) return {};
  return protocol::write_policy(mode, patterns, max_age_seconds);
}

}  // namespace mtasts::verdict
