// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/extra_rules.h"
#include "verdict/domain/policy_rules.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

// The MX hosts that a policy can list: host names, no null MX.
std::vector<std::string> coverable_hosts(const Evidence& evidence) {
  std::vector<std::string> hosts;
  for (const MxTarget& target : evidence.mx_targets)
    if (!target.host.empty() && !IpAddress::parse(target.host)) hosts.push_back(target.host);
  return hosts;
}

void judge_wildcard_depth(RuleContext& context, const std::vector<std::string>& hosts) {
  const auto& patterns = context.reading.policy.mx;
  for (const std::string& host : hosts) {
    if (covering_pattern(patterns, host)) continue;
    for (const std::string& pattern : patterns) {
      if (!protocol::mx_pattern_is_too_shallow(pattern, host)) continue;
      std::vector<std::string> lines = suggested_patterns({host});
      std::string better = lines.empty() ? printable(host, 253) : lines.front();
      context.add(
          "sts-policy-wildcard-depth",
          {.message = fmt::format(
               "\"mx: {}\" does not match the MX host {}: a wildcard matches exactly one label",
               pattern, printable(host, 253)),
           .fix = fmt::format("Add the line \"mx: {}\", then publish a new id.", better),
           .host = host});
      break;
    }
  }
}

void judge_unused(RuleContext& context, const std::vector<std::string>& hosts) {
  std::vector<std::string> unused;
  for (const std::string& pattern : context.reading.policy.mx) {
    // A pattern that is too shallow is meant for a host; it has its own finding.
    bool used = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
      return protocol::mx_pattern_matches(pattern, host) ||
             protocol::mx_pattern_is_too_shallow(pattern, host);
    });
    if (!used) unused.push_back(pattern);
  }
  if (!unused.empty())
    context.add("sts-policy-mx-unused",
                {.message = fmt::format("No MX host matches \"mx: {}\"", listed(unused))});
}

}  // namespace

void judge_policy_syntax(RuleContext& context) {
  if (!context.takes_part) return;  // reported by judge_policy_fetch()
  const PolicyReading& reading = context.reading;
  if (!reading.read) {
    // Nothing to parse: the fetch rules report why.
    if (is_policy_unobserved(context))
      context.not_observed(
          "sts-policy-unchecked",
          {.message = fmt::format("No policy of {} was observed", context.evidence.policy.host)});
    else
      context.not_applicable(Stage::policy_syntax);
    return;
  }
  context.add_faults(
      faults_with_cause(reading.policy.faults, *reading.attempt, context.evidence.policy.host),
      FaultySource::policy);

  judge_pattern_breadth(context);

  auto expected = context.thresholds.expected_mode;
  if (expected && reading.policy.mode && *reading.policy.mode < *expected)
    context.add("sts-mode-weaker-than-expected",
                {.message = fmt::format("The published mode is {}, but the settings expect {}",
                                        protocol::name_of(*reading.policy.mode),
                                        protocol::name_of(*expected))});

  std::vector<std::string> hosts = coverable_hosts(context.evidence);
  if (!context.has_patterns() || hosts.empty()) return;
  judge_wildcard_depth(context, hosts);
  judge_unused(context, hosts);
}

}  // namespace mtasts::verdict
