// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stages smtp and mx_certificate of a domain: the combined verdicts on its MX hosts.
#include <fmt/format.h>

#include "base/printable.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

// The hosts' verdicts, combined for the two stages.
struct Tally {
  std::vector<std::string> blocked;
  const MxHostEvidence* blocked_host = nullptr;  // the last one of them
  std::vector<std::string> unprobed;
  bool probed = false, certificate_seen = false, unobserved = false, incomplete = false;
};

Tally tally_of(const Evidence& evidence) {
  Tally tally;
  for (const MxTarget& target : evidence.mx_targets) {
    bool unprobed = target.verdict == nullptr
                        ? !target.host.empty() && !IpAddress::parse(target.host)
                        : target.verdict->incomplete;
    if (unprobed) tally.unprobed.push_back(printable(target.host, 253));
    tally.incomplete |= unprobed && target.verdict == nullptr;
    if (!evidence.smtp_enabled || target.verdict == nullptr) continue;
    const HostVerdict& host = *target.verdict;
    tally.blocked.insert(tally.blocked.end(), host.blocked.begin(), host.blocked.end());
    if (!host.blocked.empty()) tally.blocked_host = host.evidence.get();
    tally.probed |= host.probed;
    tally.certificate_seen |= host.certificate_seen;
    tally.unobserved |= host.unobserved;
    tally.incomplete |= host.incomplete;
  }
  tally.incomplete |= is_unobserved(evidence.mx, evidence.channels);
  bool nodata = evidence.mx.status == protocol::DnsStatus::nodata;
  if (nodata && !evidence.implicit_mx) tally.incomplete |= evidence.apex.empty();
  for (const protocol::DnsAnswer& answer : evidence.apex)
    tally.incomplete |= !evidence.implicit_mx && is_unobserved(answer, evidence.channels);
  return tally;
}

std::string unprobed_message(const Tally& tally) {
  if (tally.unprobed.empty()) return "No MX host was probed, because the MX hosts are not known";
  return fmt::format("No address of {} was probed", listed(tally.unprobed, 3));
}

}  // namespace

void judge_smtp(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  Tally tally = tally_of(evidence);
  if (evidence.smtp_enabled)
    for (const MxTarget& target : evidence.mx_targets)
      if (target.verdict != nullptr)
        for (const UngradedFinding& finding : target.verdict->findings)
          if (finding.row->stage == Stage::smtp || finding.row->stage == Stage::mx_certificate)
            context.findings.add(finding);
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
  if (tally.incomplete)
    context.not_observed("smtp-unchecked", {.message = unprobed_message(tally)});
  if (tally.incomplete || (tally.unobserved && !tally.certificate_seen))
    context.not_observed("cert-unchecked",
                         {.message = tally.incomplete ? unprobed_message(tally)
                                                      : "No MX host presented a certificate, "
                                                        "because no TLS session was observed"});
  else if (!tally.certificate_seen)
    context.not_applicable(Stage::mx_certificate);
}

}  // namespace mtasts::verdict
