// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/policy_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/digest.h"
#include "protocol/http/attempt.h"

namespace mtasts::reports {
namespace {

std::string without_final_dot(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

// "*.b.example,a.example": in lower case, sorted, each once.
std::string patterns_text(std::vector<std::string> mx) {
  for (std::string& pattern : mx) pattern = without_final_dot(pattern);
  std::sort(mx.begin(), mx.end());
  mx.erase(std::unique(mx.begin(), mx.end()), mx.end());
  return fmt::format("{}", fmt::join(mx, ","));
}

}  // namespace

std::string policy_text(protocol::Mode mode, uint64_t max_age_seconds,
                        std::vector<std::string> mx) {
  const std::string patterns = patterns_text(std::move(mx));
  const std::string begin = fmt::format("mode={} max_age={} ", name_of(mode), max_age_seconds);
  std::string text = begin + "mx=" + patterns;
  return text.size() <= kPolicyTextLimit_bytes ? text : begin + "mx_sha256=" + sha256_hex(patterns);
}

std::string patterns_digest(std::vector<std::string> mx) {
  return sha256_hex(patterns_text(std::move(mx)));
}

std::string policy_text(const protocol::StsPolicy& policy) {
  if (!policy.mode || !policy.max_age_seconds) return {};
  return policy_text(*policy.mode, *policy.max_age_seconds, policy.mx);
}

std::string policy_text(const std::vector<std::string>& policy_strings,
                        const std::vector<std::string>& mx_hosts) {
  std::string body;
  for (const std::string& line : policy_strings) {
    body += trim(line);
    body += "\r\n";
    if (body.size() > protocol::kPolicyLimit_bytes) return {};
  }
  protocol::StsPolicy policy = protocol::parse_sts_policy(body);
  if (policy.mx.empty()) {
    for (const std::string& pattern : mx_hosts) {
      std::string plain = without_final_dot(trim(pattern));
      if (protocol::is_mx_pattern(plain)) policy.mx.push_back(plain);
    }
  }
  bool unreadable = policy.mx.empty() && policy.mode != protocol::Mode::none;
  return unreadable ? std::string() : policy_text(policy);
}

}  // namespace mtasts::reports
