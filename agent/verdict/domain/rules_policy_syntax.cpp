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

// The names of the MX records, except those that are no mail hosts at all, and what was meant by
// the others.
struct MailHost {
  std::string host;
  MxName name;
};
std::vector<MailHost> mail_hosts(const RuleContext& context) {
  std::vector<MailHost> hosts;
  for (const MxTarget& target : context.evidence.mx_targets)
    if (!target.host.empty() && !IpAddress::parse(target.host))
      hosts.push_back({target.host, context.read_mx(target)});
  return hosts;
}

void judge_wildcard_depth(RuleContext& context, const std::vector<MailHost>& hosts) {
  const auto& patterns = context.reading.policy.mx;
  for (const auto& [host, name] : hosts) {
    if (is_wrong_name(name.slip) || covering_pattern(patterns, host)) continue;
    for (const std::string& pattern : patterns) {
      if (!protocol::mx_pattern_is_too_shallow(pattern, host)) continue;
      std::vector<std::string> lines = suggested_patterns({host});
      std::string fix =
          name.slip != MxSlip::none || lines.empty()
              ? correction_of(host, name)
              : fmt::format("Add the line \"mx: {}\", then publish a new id", lines.front());
      context.add(
          "sts-policy-wildcard-depth",
          {.message = fmt::format(
               "\"mx: {}\" does not match the MX host {}: a wildcard matches exactly one label",
               pattern, printable(host, 253)),
           .fix = fix.empty() ? fix : fix + ".",
           .host = host});
      break;
    }
  }
}

void judge_unused(RuleContext& context, const std::vector<MailHost>& hosts) {
  std::vector<std::string> unused;
  for (const std::string& pattern : context.reading.policy.mx) {
    // A pattern that is too shallow is meant for a host; it has its own finding. So has a faulty MX
    // record, and the pattern of what it was meant to be is right.
    bool used = std::any_of(hosts.begin(), hosts.end(), [&](const MailHost& mail_host) {
      return protocol::mx_pattern_matches(pattern, mail_host.host) ||
             protocol::mx_pattern_is_too_shallow(pattern, mail_host.host) ||
             protocol::mx_pattern_matches(pattern, mail_host.name.meant);
    });
    if (!used) unused.push_back(pattern);
  }
  // With an MX record that names a wrong host, nobody can say which pattern is for the right one.
  bool uncertain = std::any_of(hosts.begin(), hosts.end(), [](const MailHost& mail_host) {
    return is_wrong_name(mail_host.name.slip) && mail_host.name.meant.empty();
  });
  if (!unused.empty() && !uncertain)
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

  std::vector<MailHost> hosts = mail_hosts(context);
  if (!context.has_patterns() || hosts.empty()) return;
  judge_wildcard_depth(context, hosts);
  judge_unused(context, hosts);
}

}  // namespace mtasts::verdict
