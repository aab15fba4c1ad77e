// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RFC 8461 §10.4: whoever gets a certificate for a name that a pattern matches can receive the
// mail, so a wildcard belongs below a domain of which all hosts have one owner.
#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/printable.h"
#include "base/public_suffix.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/extra_rules.h"

namespace mtasts::verdict {
namespace {

// Domains of hosters in which every customer's server has a name directly below, with a certificate
// for the asking, and which the Public Suffix List does not have.
constexpr std::string_view kCustomersServers[] = {"contaboserver.net", "hstgr.cloud", "ovh.net",
                                                  "stratoserver.net"};

bool covers_an_mx_host(const RuleContext& context, const std::string& pattern) {
  const auto& targets = context.evidence.mx_targets;
  return std::any_of(targets.begin(), targets.end(), [&](const MxTarget& target) {
    return protocol::mx_pattern_matches(pattern, target.host);
  });
}

// The pattern is too shallow for an MX host that no other pattern covers: that has a finding of its
// own, which says what to write instead.
bool is_meant_deeper(const RuleContext& context, const std::string& pattern) {
  const auto& targets = context.evidence.mx_targets;
  return std::any_of(targets.begin(), targets.end(), [&](const MxTarget& target) {
    return protocol::mx_pattern_is_too_shallow(pattern, target.host) &&
           !covering_pattern(context.reading.policy.mx, target.host);
  });
}

// Why the names directly below `base` belong to strangers; empty: they do not.
std::string why_too_broad(const RuleContext& context, const std::string& pattern,
                          const std::string& base) {
  // The owner of the domain knows what is below it.
  if (base == context.evidence.domain.text()) return {};
  if (is_public_suffix(base))
    return fmt::format("matches the names that anybody can register below {}", base);
  bool customers = std::find(std::begin(kCustomersServers), std::end(kCustomersServers), base) !=
                   std::end(kCustomersServers);
  if (customers)
    return fmt::format("matches the servers of all customers that have names below {}", base);
  std::string_view provider = provider_with_hosts_below(base);
  if (provider.empty() || covers_an_mx_host(context, pattern)) return {};
  return fmt::format("matches every host below {}, while the MX hosts of {} are one level deeper",
                     base, provider);
}

std::string narrower_lines(const RuleContext& context, const std::string& pattern) {
  std::vector<std::string> hosts;
  for (const MxTarget& target : context.evidence.mx_targets)
    if (protocol::mx_pattern_matches(pattern, target.host)) hosts.push_back(target.host);
  // Customary patterns of providers could be the broad one again.
  return hosts.empty() || hosts.size() > 5 ? std::string() : listed(hosts);
}

}  // namespace

void judge_pattern_breadth(RuleContext& context) {
  if (!context.has_patterns()) return;
  for (const std::string& pattern : context.reading.policy.mx) {
    if (!pattern.starts_with("*.") || !protocol::is_mx_pattern(pattern)) continue;
    std::string base = ascii_lower(std::string_view(pattern).substr(2));
    std::string why = why_too_broad(context, pattern, base);
    if (why.empty() || is_meant_deeper(context, pattern)) continue;
    FindingDetails what;
    what.message = fmt::format("\"mx: {}\" {}", printable(pattern, 253), why);
    std::string lines = narrower_lines(context, pattern);
    if (!lines.empty())
      what.fix = fmt::format(
          "Replace the line \"mx: {}\" by one mx line for each of {}, then publish a new id.",
          printable(pattern, 253), lines);
    else if (!covers_an_mx_host(context, pattern))
      what.fix =
          fmt::format("Remove the line \"mx: {}\", which covers no MX host, then publish a new id.",
                      printable(pattern, 253));
    context.add("sts-policy-mx-too-broad", std::move(what));
  }
}

}  // namespace mtasts::verdict
