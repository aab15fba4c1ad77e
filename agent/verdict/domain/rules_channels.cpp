// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the agent found out about its own network while it checked the domain. These findings are
// never about the domain; they stand beside what could not be observed because of them, and name
// what to change on the agent's side.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/findings/own_side.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsAnswer;
using protocol::DnsStatus;
using Kind = ChannelFault::Kind;

constexpr size_t kMaxDetail = 400;

std::vector<const DnsAnswer*> lookups_of(const Evidence& evidence) {
  std::vector<const DnsAnswer*> lookups = {&evidence.record, &evidence.mx, &evidence.tlsrpt};
  for (const DnsAnswer& answer : evidence.policy.addresses.answers) lookups.push_back(&answer);
  for (const DnsAnswer& answer : evidence.apex) lookups.push_back(&answer);
  return lookups;
}

const ChannelFault* fault_of(const std::vector<ChannelFault>& faults, ChannelKind channel,
                             Kind kind) {
  auto found = std::find_if(faults.begin(), faults.end(), [&](const ChannelFault& fault) {
    return kind_of(fault.channel) == channel && fault.kind == kind;
  });
  return found == faults.end() ? nullptr : &*found;
}

struct ResolverTexts {
  std::string_view what;  // "does not answer"
  std::string_view fix;
};

ResolverTexts texts_of(DnsStatus status) {
  switch (status) {
    case DnsStatus::refused:
      return {"refuses to answer the agent",
              "Allow the agent's address in the resolver's access list"};
    case DnsStatus::referral:
      return {"is not recursive: it refers the agent to other name servers",
              "Name a recursive resolver in [dns] servers, not an authoritative server"};
    case DnsStatus::servfail:
    case DnsStatus::malformed:
      return {"answers, but cannot resolve any name",
              "Restore the resolver's own connection to the internet, or to the resolvers that it "
              "forwards to"};
    default:
      return {"does not answer",
              "Start the resolver, and let the agent reach its UDP and TCP port"};
  }
}

// The resolver is silent, refuses, or has lost its own network.
void judge_resolver(RuleContext& context) {
  const ChannelFault* fault =
      fault_of(context.evidence.channel_faults, ChannelKind::dns, Kind::unreachable);
  const DnsAnswer* failed = nullptr;
  for (const DnsAnswer* answer : lookups_of(context.evidence)) {
    bool cancelled = answer->status == DnsStatus::cancelled;
    bool denied = answer->status == DnsStatus::denied;
    if (protocol::is_conclusive(answer->status) || cancelled || denied) continue;
    bool ours = fault != nullptr || protocol::is_local_failure(answer->status);
    if (failed == nullptr && ours) failed = answer;
  }
  if (failed == nullptr) return;
  const Vantage& vantage = context.thresholds.vantage;
  ResolverTexts texts = texts_of(failed->status);
  FindingDetails what;
  what.message = sentence(
      fmt::format("{} {}: {}", resolver_name(vantage), texts.what, lookup_result(*failed)));
  if (fault != nullptr && !fault->detail.empty())
    what.message += fmt::format("; {}", printable(fault->detail, kMaxDetail));
  what.fix = fmt::format("{}, or set another one in [dns] servers; test it with {}.", texts.fix,
                         resolver_test(vantage));
  context.add("probe-dns-unreachable", std::move(what));
}

void judge_denials(RuleContext& context) {
  const ChannelFault* fault =
      fault_of(context.evidence.channel_faults, ChannelKind::dns, Kind::denies);
  if (fault == nullptr) return;
  const Vantage& vantage = context.thresholds.vantage;
  FindingDetails what;
  what.message = sentence(fmt::format("{} denies names that exist: {}", resolver_name(vantage),
                                      printable(fault->detail, kMaxDetail)));
  what.fix = fmt::format(
      "Make the resolver resolve public names (a filter, a captive portal or a wrong root zone "
      "denies them), or set another one in [dns] servers; test it with {}.",
      resolver_test(vantage));
  context.add("probe-dns-denies", std::move(what));
}

void add_outage(RuleContext& context, FindingCode code, const ChannelFault* fault) {
  if (fault == nullptr) return;
  FindingDetails what;
  what.message = fmt::format("Over {}, {}; this domain's failure is taken as part of it",
                             name_of(fault->channel), printable(fault->detail, kMaxDetail));
  what.fix =
      channel_fix(kind_of(fault->channel), family_of(fault->channel), context.thresholds.vantage);
  context.add(code, std::move(what));
}

}  // namespace

const ChannelFault* smtp_outage(const Evidence& evidence) {
  for (const MxTarget& target : evidence.mx_targets) {
    if (target.verdict == nullptr) continue;
    const auto& faults = target.verdict->evidence->channel_faults;
    if (const ChannelFault* fault = fault_of(faults, ChannelKind::smtp, Kind::outage)) return fault;
  }
  return nullptr;
}

void judge_channels(RuleContext& context) {
  const auto& faults = context.evidence.channel_faults;
  judge_resolver(context);
  judge_denials(context);
  add_outage(context, "probe-dns-outage", fault_of(faults, ChannelKind::dns, Kind::outage));
  if (context.takes_part)
    if (context.takes_part)
      add_outage(context, "probe-https-outage", fault_of(faults, ChannelKind::https, Kind::outage));
  if (context.evidence.smtp_enabled)
    add_outage(context, "probe-smtp-outage", smtp_outage(context.evidence));
}

}  // namespace mtasts::verdict
