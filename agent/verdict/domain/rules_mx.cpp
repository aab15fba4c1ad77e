// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;

bool is_silence(DnsStatus status) {
  return status == DnsStatus::timeout || status == DnsStatus::unreachable ||
         status == DnsStatus::cancelled;
}

// Without MX records the domain's own address takes its mail (RFC 5321 §5.1).
void judge_implicit(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  if (evidence.implicit_mx) {
    context.add("mx-missing-implicit",
                {.message = fmt::format("{} has no MX record; its own address is the MX",
                                        evidence.domain.text())});
    return;
  }
  for (const DnsAnswer& answer : evidence.apex) {
    if (protocol::is_conclusive(answer.status)) continue;
    context.add(is_silence(answer.status) ? "mx-host-timeout" : "mx-host-servfail",
                {.message = what_came(answer),
                 .host = evidence.domain.text(),
                 .blind = protocol::is_local_failure(answer.status) || !evidence.sight.dns});
    return;
  }
  if (evidence.apex.empty()) {
    context.unseen(Stage::mx);
    return;
  }
  context.add("mx-none", {.message = fmt::format("{} has neither an MX record nor an address",
                                                 evidence.domain.text())});
}

// True when there are MX targets to look at.
bool judge_lookup(RuleContext& context) {
  const DnsAnswer& answer = context.evidence.mx;
  bool blind = protocol::is_local_failure(answer.status) || !context.evidence.sight.dns;
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
      context.add(is_silence(answer.status) ? "mx-timeout" : "mx-servfail",
                  {.message = what_came(answer), .blind = blind});
      return false;
  }
}

void judge_set(RuleContext& context) {
  const auto& records = context.evidence.mx.mx;
  bool null = std::any_of(records.begin(), records.end(),
                          [](const auto& record) { return record.host.empty(); });
  if (null && records.size() == 1)
    context.add("mx-null", {.message = "The MX record is \"0 .\": the domain takes no mail"});
  if (null && records.size() > 1)
    context.add("mx-null-with-others",
                {.message = fmt::format("A null MX stands beside {} other MX record{}",
                                        records.size() - 1, records.size() == 2 ? "" : "s")});
  std::set<std::string> seen;
  for (const auto& record : records)
    if (!seen.insert(ascii_lower(record.host)).second)
      context.add("mx-trailing-duplicate",
                  {.message = fmt::format("{} stands more than once among the MX records",
                                          printable(record.host, 253)),
                   .host = record.host});
}

void judge_addresses(RuleContext& context, const MxTarget& target) {
  const HostAddresses& found = target.evidence->addresses;
  const DnsAnswer* error = nullptr;
  bool any = false;
  for (const DnsAnswer& answer : found.answers) {
    any |= answer.status == DnsStatus::answered;
    if (!protocol::is_conclusive(answer.status)) error = &answer;
  }
  if (!any && error != nullptr) {
    context.add(
        is_silence(error->status) ? "mx-host-timeout" : "mx-host-servfail",
        {.message = what_came(*error),
         .host = target.host,
         .blind = protocol::is_local_failure(error->status) || !target.evidence->sight.dns});
    return;
  }
  if (!any && !found.answers.empty()) {
    context.add(
        "mx-no-address",
        {.message = fmt::format("{} has no A or AAAA record ({})", printable(target.host, 253),
                                protocol::name_of(found.answers.front().status)),
         .host = target.host});
    return;
  }
  for (const DnsAnswer& answer : found.answers) {
    if (answer.cname_chain.empty()) continue;
    context.add("mx-cname",
                {.message = fmt::format("{} is a CNAME to {}", printable(target.host, 253),
                                        listed(answer.cname_chain)),
                 .host = target.host});
    break;
  }
  for (const auto& attempt : target.evidence->attempts)
    if (attempt.status == protocol::SmtpStatus::not_allowed)
      context.add("mx-reserved-address",
                  {.message = fmt::format("{} has the {} address {}", printable(target.host, 253),
                                          name_of(attempt.address.scope()), attempt.address.text()),
                   .host = target.host,
                   .address = attempt.address});
}

void judge_target(RuleContext& context, const MxTarget& target) {
  if (target.host.empty()) return;
  if (IpAddress::parse(target.host)) {
    context.add("mx-ip-literal", {.message = fmt::format("The MX record names the IP address {}",
                                                         printable(target.host, 100)),
                                  .host = target.host});
    return;
  }
  // No certificate and no policy can hold such a name.
  if (!protocol::is_rfc1123_host_name(target.host))
    context.add("mx-underscore",
                {.message = fmt::format("{} is not a valid host name", printable(target.host, 253)),
                 .host = target.host});
  if (target.evidence != nullptr)
    judge_addresses(context, target);
  else
    context.unseen(Stage::mx);
}

// RFC 8461 §4.1: the MX record's name is matched, not what it is a CNAME of.
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
                {.message = fmt::format("None of the MX hosts {} matches the policy's {}",
                                        listed(uncovered), patterns),
                 .fix = fix_for(lines)});
    return;
  }
  for (const std::string& host : uncovered)
    context.add("mx-partial-coverage",
                {.message = fmt::format("The MX host {} matches none of the policy's {}",
                                        printable(host, 253), patterns),
                 .fix = fix_for(suggested_patterns({host})),
                 .host = host});
}

}  // namespace

void judge_mx(RuleContext& context) {
  if (!judge_lookup(context)) return;
  judge_set(context);
  for (const MxTarget& target : context.evidence.mx_targets) judge_target(context, target);
  judge_coverage(context);
}

}  // namespace mtasts::verdict
