// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/unchecked.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/host/host_verdict.h"

namespace mtasts::verdict {
namespace {

constexpr size_t kNamesShown = 3;

std::string_view display_name(AddressFamily family) {
  return family == AddressFamily::ipv6 ? "IPv6" : "IPv4";
}

std::string shown(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> texts;
  for (const IpAddress& address : addresses) texts.push_back(address.text());
  return listed(texts, kNamesShown);
}

void add_beyond_limit(RuleContext& context, FindingCode code, const ContactedHost& host) {
  context.add(
      code, {.message = fmt::format("{} has {} addresses too many to be checked: {}",
                                    printable(host.host, 253), host.addresses->beyond_limit.size(),
                                    shown(host.addresses->beyond_limit)),
             .fix = "Publish fewer addresses for this host; the agent checks at most 64 of a host.",
             .host = host.host,
             .unobserved = true});
}

void add_unused_family(RuleContext& context, FindingCode code, const ContactedHost& host) {
  const auto& addresses = host.addresses->unused_family;
  std::string_view family = display_name(addresses.front().family());
  context.add(code,
              {.message = fmt::format("{} has only {} addresses ({}), which the agent does not use",
                                      printable(host.host, 253), family, shown(addresses)),
               .fix = fmt::format("Give the agent {} connectivity and remove any restriction of "
                                  "[network] families; nothing needs to change on the host.",
                                  family),
               .host = host.host,
               .unobserved = true});
}

std::vector<std::string> names_of(const std::vector<const MxTarget*>& targets) {
  std::vector<std::string> names;
  for (const MxTarget* target : targets) names.push_back(printable(target->host, 253));
  return names;
}

// The subject of a finding about several hosts is empty.
std::string only_one(const std::vector<const MxTarget*>& targets) {
  return targets.size() == 1 ? targets.front()->host : std::string();
}

}  // namespace

void judge_unchecked_addresses(RuleContext& context, FindingCode code,
                               const std::vector<ContactedHost>& hosts) {
  std::vector<std::string> half_checked;
  AddressFamily family = AddressFamily::ipv6;
  for (const ContactedHost& host : hosts) {
    if (!host.addresses->beyond_limit.empty()) add_beyond_limit(context, code, host);
    if (host.addresses->unused_family.empty()) continue;
    if (!host.contacted) {
      add_unused_family(context, code, host);
      continue;
    }
    half_checked.push_back(printable(host.host, 253));
    family = host.addresses->unused_family.front().family();
  }
  if (half_checked.empty()) return;
  std::sort(half_checked.begin(), half_checked.end());
  context.add(code, {.message = fmt::format("The {} addresses of {} are not checked, because the "
                                            "agent does not use {}",
                                            display_name(family), listed(half_checked, kNamesShown),
                                            display_name(family)),
                     .fix = fmt::format("Give the agent {} connectivity and remove any restriction "
                                        "of [network] families, if senders use these addresses.",
                                        display_name(family)),
                     .host = half_checked.size() == 1 ? half_checked.front() : std::string(),
                     .severity = Severity::info});
}

void judge_unchecked_mx_hosts(RuleContext& context) {
  std::vector<ContactedHost> hosts;
  std::vector<const MxTarget*> beyond_limit, unfinished;
  for (const MxTarget& target : context.evidence.mx_targets) {
    if (target.host.empty() || IpAddress::parse(target.host)) continue;
    if (target.verdict != nullptr) {
      const MxHostEvidence& host = *target.verdict->evidence;
      hosts.push_back({target.host, &host.addresses, !host.attempts.empty()});
    } else {
      (target.beyond_limit ? beyond_limit : unfinished).push_back(&target);
    }
  }
  judge_unchecked_addresses(context, "mx-unchecked", hosts);
  if (!beyond_limit.empty())
    context.add(
        "mx-unchecked",
        {.message = fmt::format("{} MX hosts are too many to be checked: {}", beyond_limit.size(),
                                listed(names_of(beyond_limit), kNamesShown)),
         .fix = "Publish fewer MX records; the agent checks at most 100 MX hosts of a domain.",
         .host = only_one(beyond_limit),
         .unobserved = true});
  if (!unfinished.empty())
    context.add("mx-unchecked",
                {.message = fmt::format("The check ended before the result for {} was known",
                                        listed(names_of(unfinished), kNamesShown)),
                 .fix = std::string(kRaiseTimeout),
                 .host = only_one(unfinished),
                 .unobserved = true});
}

}  // namespace mtasts::verdict
