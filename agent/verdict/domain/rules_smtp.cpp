// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stages smtp and mx_certificate of a domain: the combined verdicts on its MX hosts.
#include <fmt/format.h>

#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

// The hosts' verdicts, combined for the two stages.
struct Tally {
  std::vector<std::string> blocked;
  const MxHostEvidence* blocked_host = nullptr;  // the last one of them
  bool probed = false, certificate_seen = false, unobserved = false, incomplete = false;
};

Tally tally_of(const Evidence& evidence) {
  Tally tally;
  for (const MxTarget& target : evidence.mx_targets) {
    tally.incomplete |=
        target.verdict == nullptr && !target.host.empty() && !IpAddress::parse(target.host);
    if (!evidence.smtp_enabled || target.verdict == nullptr) continue;
    const HostVerdict& host = *target.verdict;
    tally.blocked.insert(tally.blocked.end(), host.blocked.begin(), host.blocked.end());
    if (!host.blocked.empty()) tally.blocked_host = host.evidence.get();
    tally.probed |= host.probed;
    tally.certificate_seen |= host.certificate_seen;
    tally.unobserved |= host.unobserved;
    tally.incomplete |= host.incomplete;
  }
  tally.incomplete |= !protocol::is_conclusive(evidence.mx.status);
  for (const protocol::DnsAnswer& answer : evidence.apex)
    tally.incomplete |= !evidence.implicit_mx && !protocol::is_conclusive(answer.status);
  return tally;
}

}  // namespace

void judge_smtp(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  Tally tally = tally_of(evidence);
  if (evidence.smtp_enabled)
    for (const MxTarget& target : evidence.mx_targets)
      if (target.verdict != nullptr)
        for (const UngradedFinding& finding : target.verdict->findings)
          if (finding.row->stage != Stage::mx) context.findings.add(finding);
  // An outage of most hosts has its own finding, which says more.
  if (!tally.blocked.empty() && smtp_outage(evidence) == nullptr)
    context.add(
        "probe-port25-egress-blocked",
        {.message = fmt::format("Neither the canaries nor the MX hosts respond on port 25: {}",
                                listed(tally.blocked, 3)),
         .host = tally.blocked_host->host,
         .address = tally.blocked_host->attempts.front().address,
         .address_in_subject = false});
  if (!evidence.smtp_enabled || (!tally.probed && !tally.incomplete)) {
    context.not_applicable(Stage::smtp);
    context.not_applicable(Stage::mx_certificate);
    return;
  }
  if (tally.incomplete) context.not_observed(Stage::smtp);
  if (tally.incomplete || (tally.unobserved && !tally.certificate_seen))
    context.not_observed(Stage::mx_certificate);
  else if (!tally.certificate_seen)
    context.not_applicable(Stage::mx_certificate);
}

}  // namespace mtasts::verdict
