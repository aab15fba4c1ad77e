// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/mx_name.h"
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

void judge_wrong_name(RuleContext& context, const MxTarget& target, const MxName& name) {
  std::string host = printable(target.host, 253);
  std::string_view domain = context.evidence.domain.text();
  FindingDetails what;
  what.host = target.host;
  what.fix = correction_of(target.host, name) + ".";
  switch (name.slip) {
    case MxSlip::address:
      what.message = fmt::format("The MX record contains the IP address {}", host);
      if (!IpAddress::parse(target.host))
        what.message = fmt::format(
            "The MX record contains an IP address, to which the zone appended its name: {}", host);
      what.fix.clear();
      context.add("mx-ip-literal", std::move(what));
      break;
    case MxSlip::doubled:
      what.message = fmt::format(
          "The MX record of {} names {}: the final dot of {} is missing, so the zone appended its "
          "name",
          domain, host, printable(name.meant, 253));
      context.add("mx-name-doubled", std::move(what));
      break;
    default:
      what.message =
          fmt::format("The MX record of {} names {}, {}", domain, host,
                      target.host.find('.') == std::string::npos && target.host != "localhost"
                          ? "a name without a dot"
                          : "which means something only on the host or the network itself");
      context.add("mx-name-local", std::move(what));
      break;
  }
}

void judge_target(RuleContext& context, const MxTarget& target) {
  if (target.host.empty()) return;
  MxName name = context.read_mx(target);
  // Its addresses, if it has any, are somebody else's.
  if (is_wrong_name(name.slip)) return judge_wrong_name(context, target, name);
  // Neither a certificate nor a policy can contain such a name.
  if (name.slip == MxSlip::no_host_name)
    context.add("mx-underscore",
                {.message = fmt::format("{} is not a valid host name", printable(target.host, 253)),
                 .fix = name.meant.empty() ? std::string() : correction_of(target.host, name) + ".",
                 .host = target.host});
  if (target.verdict == nullptr) return;  // judge_unchecked_mx_hosts() says so
  for (UngradedFinding finding : target.verdict->findings) {
    if (finding.row->stage != Stage::mx) continue;
    if (finding.row->code == FindingCode("mx-no-address") && !name.meant.empty())
      finding.fix = sentence(correction_of(target.host, name)) + ".";
    context.findings.add(std::move(finding));
  }
}

std::string uncovered_message(const std::vector<std::string>& hosts, const std::string& patterns) {
  if (hosts.size() == 1)
    return fmt::format("The MX host {} matches none of the policy's mx patterns {}",
                       printable(hosts.front(), 253), patterns);
  return fmt::format("None of the MX hosts {} matches the policy's mx patterns {}", listed(hosts),
                     patterns);
}

struct UncoveredHost {
  std::string host;
  MxName name;
};

std::string fix_for(const std::vector<UncoveredHost>& uncovered) {
  std::vector<std::string> right;
  std::string corrections;
  for (const UncoveredHost& each : uncovered) {
    if (each.name.slip == MxSlip::none)
      right.push_back(each.host);
    else if (corrections.empty())
      corrections = correction_of(each.host, each.name);
  }
  std::string lines;
  for (const std::string& line : suggested_patterns(right))
    lines += fmt::format(" \"mx: {}\"", line);
  if (lines.empty()) return corrections.empty() ? std::string() : corrections + ".";
  std::string text = fmt::format("Add{} to the policy, then publish a new id", lines);
  return text + (corrections.empty() ? "." : "; " + corrections + ".");
}

// RFC 8461 §4.1: the name in the MX record is matched, not the target of its CNAME.
void judge_coverage(RuleContext& context) {
  if (!context.has_patterns()) return;
  std::vector<UncoveredHost> uncovered;
  size_t hosts = 0;
  for (const MxTarget& target : context.evidence.mx_targets) {
    MxName name = context.read_mx(target);
    if (target.host.empty() || is_wrong_name(name.slip)) continue;
    ++hosts;
    if (!covering_pattern(context.reading.policy.mx, target.host))
      uncovered.push_back({target.host, std::move(name)});
  }
  if (uncovered.empty()) return;
  std::string patterns = listed(context.reading.policy.mx, 8);
  if (uncovered.size() == hosts) {
    std::vector<std::string> names;
    for (const UncoveredHost& each : uncovered) names.push_back(each.host);
    context.add("mx-not-covered",
                {.message = uncovered_message(names, patterns), .fix = fix_for(uncovered)});
    return;
  }
  for (const UncoveredHost& each : uncovered)
    context.add("mx-partial-coverage", {.message = uncovered_message({each.host}, patterns),
                                        .fix = fix_for({each}),
                                        .host = each.host});
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
