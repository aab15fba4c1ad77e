// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/unchecked.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;

// Without MX records, mail goes to the domain's own address (RFC 5321 §5.1).
void judge_implicit(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  if (evidence.implicit_mx) {
    context.add("mx-missing-implicit",
                {.message = fmt::format("{} has no MX record; its own address is the implicit MX",
                                        evidence.domain.text())});
    return;
  }
  for (const DnsAnswer& answer : evidence.apex) {
    if (protocol::is_conclusive(answer.status)) continue;
    context.add(
        protocol::is_silence(answer.status) ? FindingCode("mx-host-timeout") : "mx-host-servfail",
        {.message = lookup_result(answer),
         .host = evidence.domain.text(),
         .unobserved = protocol::is_local_failure(answer.status)});
    return;
  }
  if (evidence.apex.empty()) {
    context.not_observed("mx-unchecked", {.message = fmt::format(
                                              "The check ended before the address of {} was known",
                                              evidence.domain.text()),
                                          .fix = std::string(kRaiseTimeout)});
    return;
  }
  context.add("mx-none", {.message = fmt::format("{} has neither an MX record nor an address",
                                                 evidence.domain.text())});
}

// True when there are MX targets to check.
bool judge_lookup(RuleContext& context) {
  const DnsAnswer& answer = context.evidence.mx;
  bool unobserved = protocol::is_local_failure(answer.status);
  switch (answer.status) {
    case DnsStatus::answered:
      return true;
    case DnsStatus::nodata:
      judge_implicit(context);
      return context.evidence.implicit_mx;
    case DnsStatus::nxdomain:
      context.add("mx-nxdomain",
                  {.message = fmt::format("{} does not exist (NXDOMAIN)", answer.name)});
      return false;
    default:
      context.add(protocol::is_silence(answer.status) ? FindingCode("mx-timeout") : "mx-servfail",
                  {.message = lookup_result(answer), .unobserved = unobserved});
      return false;
  }
}

void judge_set(RuleContext& context) {
  const auto& records = context.evidence.mx.mx;
  bool null = std::any_of(records.begin(), records.end(),
                          [](const auto& record) { return record.host.empty(); });
  if (null && records.size() == 1)
    context.add("mx-null", {.message = "The MX record is \"0 .\": the domain accepts no mail"});
  if (null && records.size() > 1)
    context.add("mx-null-with-others",
                {.message = fmt::format("A null MX is published together with {} other MX record{}",
                                        records.size() - 1, records.size() == 2 ? "" : "s")});
  std::set<std::string> seen;
  for (const auto& record : records)
    if (!seen.insert(ascii_lower(record.host)).second)
      context.add("mx-trailing-duplicate",
                  {.message = fmt::format("{} is listed more than once in the MX records",
                                          printable(record.host, 253)),
                   .host = record.host});
}

void judge_target(RuleContext& context, const MxTarget& target) {
  if (target.host.empty()) return;
  if (IpAddress::parse(target.host)) {
    context.add("mx-ip-literal", {.message = fmt::format("The MX record contains the IP address {}",
                                                         printable(target.host, 100)),
                                  .host = target.host});
    return;
  }
  // Neither a certificate nor a policy can contain such a name.
  if (!protocol::is_rfc1123_host_name(target.host))
    context.add("mx-underscore",
                {.message = fmt::format("{} is not a valid host name", printable(target.host, 253)),
                 .host = target.host});
  if (target.verdict == nullptr) return;  // judge_unchecked_mx_hosts() says so
  for (const UngradedFinding& finding : target.verdict->findings)
    if (finding.row->stage == Stage::mx) context.findings.add(finding);
}

std::string uncovered_message(const std::vector<std::string>& hosts, const std::string& patterns) {
  if (hosts.size() == 1)
    return fmt::format("The MX host {} matches none of the policy's mx patterns {}",
                       printable(hosts.front(), 253), patterns);
  return fmt::format("None of the MX hosts {} matches the policy's mx patterns {}", listed(hosts),
                     patterns);
}

// RFC 8461 §4.1: the name in the MX record is matched, not the target of its CNAME.
void judge_coverage(RuleContext& context) {
  if (!context.has_patterns()) return;
  std::vector<std::string> uncovered;
  size_t hosts = 0;
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.host.empty() || IpAddress::parse(target.host)) continue;
    ++hosts;
    if (!covering_pattern(context.reading.policy.mx, target.host)) uncovered.push_back(target.host);
  }
  if (uncovered.empty()) return;
  std::string patterns = listed(context.reading.policy.mx, 8);
  std::vector<std::string> lines = suggested_patterns(uncovered);
  auto fix_for = [](const std::vector<std::string>& missing) {
    std::string text;
    for (const std::string& line : missing) text += fmt::format(" \"mx: {}\"", line);
    return missing.empty() ? std::string()
                           : fmt::format("Add{} to the policy, then publish a new id.", text);
  };
  if (uncovered.size() == hosts) {
    context.add("mx-not-covered",
                {.message = uncovered_message(uncovered, patterns), .fix = fix_for(lines)});
    return;
  }
  for (const std::string& host : uncovered)
    context.add("mx-partial-coverage", {.message = uncovered_message({host}, patterns),
                                        .fix = fix_for(suggested_patterns({host})),
                                        .host = host});
}

}  // namespace

void judge_mx(RuleContext& context) {
  if (!judge_lookup(context)) return;
  judge_set(context);
  for (const MxTarget& target : context.evidence.mx_targets) judge_target(context, target);
  judge_unchecked_mx_hosts(context);
  judge_coverage(context);
}

}  // namespace mtasts::verdict
