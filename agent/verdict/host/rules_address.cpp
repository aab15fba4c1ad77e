// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage mx of one MX host: its addresses in DNS.
#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/host/host_rules.h"
#include "verdict/text.h"

namespace mtasts::verdict {

using protocol::DnsAnswer;
using protocol::DnsStatus;

void judge_addresses(HostContext& context) {
  const HostAddresses& found = context.host.addresses;
  const DnsAnswer* error = nullptr;
  bool any = false;
  for (const DnsAnswer& answer : found.answers) {
    any |= answer.status == DnsStatus::answered;
    if (!protocol::is_conclusive(answer.status)) error = &answer;
  }
  if (!any && error != nullptr) {
    context.findings.add(
        protocol::is_silence(error->status) ? FindingCode("mx-host-timeout") : "mx-host-servfail",
        {.message = lookup_result(*error),
         .host = context.host.host,
         .unobserved = protocol::is_local_failure(error->status)});
    return;
  }
  if (!any && !found.answers.empty()) {
    context.findings.add("mx-no-address",
                         {.message = fmt::format("{} has no A or AAAA record ({})",
                                                 printable(context.host.host, 253),
                                                 protocol::name_of(found.answers.front().status)),
                          .host = context.host.host});
    return;
  }
  // One family's lookup fails while the other one has addresses: some senders use only one of them.
  if (error != nullptr)
    context.findings.add(
        protocol::is_silence(error->status) ? FindingCode("mx-host-timeout") : "mx-host-servfail",
        {.message = lookup_result(*error),
         .host = context.host.host,
         .unobserved = protocol::is_local_failure(error->status),
         .severity = Severity::warning});
  for (const DnsAnswer& answer : found.answers) {
    if (answer.cname_chain.empty()) continue;
    context.findings.add("mx-cname", {.message = fmt::format("{} is a CNAME to {}",
                                                             printable(context.host.host, 253),
                                                             listed(answer.cname_chain)),
                                      .host = context.host.host});
    break;
  }
  for (const auto& attempt : context.host.attempts)
    if (attempt.status == protocol::SmtpStatus::not_allowed)
      context.findings.add(
          "mx-reserved-address",
          {.message = fmt::format("{} has the {} address {}", printable(context.host.host, 253),
                                  name_of(attempt.address.scope()), attempt.address.text()),
           .host = context.host.host,
           .address = attempt.address});
}

}  // namespace mtasts::verdict
