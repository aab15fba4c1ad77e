// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage dane of a domain: the verdicts on its MX hosts, and what depends on the domain itself: the
// security of its MX records, the names that a trust anchor's certificate may have, and whether
// senders with MTA-STS decide alike (RFC 8461 §2, RFC 7672 §2.2, §3.2.2).
#include "verdict/domain/dane_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/dane_signatures.h"
#include "verdict/domain/coverage.h"
#include "verdict/host/host_verdict.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DaneOutcome;

// The domain's hosts that have a verdict with DANE evidence.
std::vector<const HostVerdict*> hosts_of(const Evidence& evidence) {
  std::vector<const HostVerdict*> hosts;
  for (const MxTarget& target : evidence.mx_targets)
    if (target.verdict != nullptr && target.verdict->evidence->dane != nullptr)
      hosts.push_back(target.verdict.get());
  return hosts;
}

bool is_named(const protocol::SmtpAttempt& attempt, const std::vector<std::string>& names) {
  return attempt.chain != nullptr &&
         std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return protocol::any_identity_matches(attempt.chain->leaf.dns_names, name);
         });
}

void judge_names(RuleContext& context, const HostVerdict& host) {
  const std::vector<std::string> names = next_hop_names(context.evidence);
  const auto& attempts = host.evidence->attempts;
  const bool any_good =
      std::any_of(host.dane.addresses.begin(), host.dane.addresses.end(),
                  [](const AddressDane& one) { return one.status == DaneStatus::verified; });
  for (size_t i = 0; i < host.dane.addresses.size(); ++i) {
    if (host.dane.addresses[i].result.outcome != DaneOutcome::name) continue;
    if (is_named(attempts[i], names)) continue;
    FindingDetails what;
    what.host = host.evidence->host;
    what.address = attempts[i].address;
    what.address_in_subject = any_good;
    if (any_good) what.severity = Severity::warning;
    what.tlsa.base = host.dane.tlsa->base;
    for (const protocol::Tlsa& record : host.dane.records)
      if (record.is_usable() && what.tlsa.records.size() < 12)
        what.tlsa.records.push_back(text_of(record, protocol::kWholeData));
    std::vector<std::string> presented;
    for (const std::string& name : attempts[i].chain->leaf.dns_names)
      presented.push_back(printable(name, 253));
    what.message =
        fmt::format("The certificate is for {}, not for {}, and records of usage 2 need the name",
                    presented.empty() ? "no DNS name" : listed(presented, 3),
                    printable(host.dane.tlsa->base, 253));
    context.add("dane-ta-name-mismatch", std::move(what));
  }
}

void judge_mx_security(RuleContext& context, const std::vector<const HostVerdict*>& hosts) {
  const MxDaneEvidence& mx = context.evidence.mx_dane;
  if (mx.validation != Validation::proven) return;
  // Named like a host, because senders look for its hosts.
  FindingDetails about;
  about.host = context.evidence.domain.text();
  judge_signatures(context.findings, {&mx.mx}, about, context.now);
  for (const DelegationEvidence& delegation : mx.delegations) {
    bool told = std::any_of(hosts.begin(), hosts.end(), [&](const HostVerdict* host) {
      const auto& known = host->evidence->dane->delegations;
      return std::any_of(known.begin(), known.end(),
                         [&](const auto& one) { return one.zone == delegation.zone; });
    });
    if (!told) judge_delegation_match(context.findings, delegation, about);
  }
  std::vector<std::string> with_records;
  for (const HostVerdict* host : hosts)
    if (host->dane.state == DaneState::applies)
      with_records.push_back(printable(host->evidence->host, 253));
  if (mx.mx.security == DnsSecurity::insecure && !with_records.empty())
    context.add("dane-mx-insecure",
                {.message = fmt::format(
                     "The MX records of {} are not signed, but the TLSA records of {} are: Postfix "
                     "logs such deliveries as Trusted, not Verified, and still does not deliver to "
                     "a host whose certificate does not match",
                     context.evidence.domain.text(), listed(with_records, 3))});
}

// The domain is signed, and so are the addresses of its host: only the TLSA records are missing.
void judge_missing(RuleContext& context, const HostVerdict& host) {
  if (context.evidence.mx_dane.mx.security != DnsSecurity::secure) return;
  if (host.dane.state != DaneState::none || !host.dane.addresses_secure) return;
  bool denied =
      std::any_of(host.evidence->dane->tlsa.begin(), host.evidence->dane->tlsa.end(),
                  [](const TlsaEvidence& tlsa) { return protocol::is_denial(tlsa.lookup.status); });
  if (!denied) return;
  context.add("dane-tlsa-missing",
              {.message = fmt::format("_25._tcp.{} has no TLSA records, although it is signed",
                                      printable(host.evidence->host, 240)),
               .host = host.evidence->host});
}

void judge_validation(RuleContext& context, const std::vector<const HostVerdict*>& hosts) {
  std::vector<std::string> names;
  const DaneEvidence* first = nullptr;
  for (const HostVerdict* host : hosts) {
    if (host->dane.state != DaneState::unvalidated || !host->dane.has_records()) continue;
    if (first == nullptr) first = host->evidence->dane.get();
    names.push_back(printable(host->evidence->host, 253));
  }
  if (first == nullptr) return;
  std::string reason = first->validation == Validation::not_believed
                           ? "is not believed: [dns] trust_ad decides whose AD bit is"
                       : first->validation == Validation::absent
                           ? "does not validate DNSSEC"
                           : "was not seen to validate DNSSEC";
  if (!first->validation_detail.empty())
    reason += " (" + printable(first->validation_detail, 200) + ")";
  context.add("probe-not-validating",
              {.message = fmt::format("{} publish{} TLSA records, but the agent's resolver {}",
                                      listed(names, 3), names.size() == 1 ? "es" : "", reason)});
}

// Nothing was compared although records apply: the reason is in stage smtp.
void note_unobserved(RuleContext& context, const HostVerdict& host) {
  if (host.dane.state != DaneState::applies || host.dane.any(DaneStatus::verified) ||
      host.dane.any(DaneStatus::failed) || host.dane.any(DaneStatus::unusable))
    return;
  FindingDetails what;
  what.message = fmt::format(
      "No address of {} presented a certificate that could be compared with its TLSA records",
      printable(host.evidence->host, 253));
  what.fix = "Follow the finding of stage smtp that says why";
  what.host = host.evidence->host;
  what.tlsa.base = host.dane.tlsa->base;
  for (const protocol::Tlsa& record : host.dane.records)
    if (record.is_usable() && what.tlsa.records.size() < 12)
      what.tlsa.records.push_back(text_of(record, protocol::kWholeData));
  context.not_observed("dane-mismatch", std::move(what));
}

bool is_used(const HostDane& dane) {
  switch (dane.state) {
    case DaneState::applies:
    case DaneState::stopped:
    case DaneState::unknown:
      return true;
    case DaneState::insecure:
    case DaneState::unvalidated:
      return dane.has_records();
    default:
      return false;
  }
}

}  // namespace

std::vector<std::string> next_hop_names(const Evidence& evidence) {
  if (evidence.mx_dane.mx.security != DnsSecurity::secure) return {};
  std::vector<std::string> names = {evidence.domain.text()};
  if (!evidence.mx_dane.mx.aliases.empty()) names.push_back(evidence.mx_dane.mx.aliases.back());
  return names;
}

// What a sender with DANE makes of the host for this domain, whose name may be the certificate's.
bool is_verified_for(const Evidence& evidence, const HostVerdict& host, size_t address) {
  return host.dane.addresses[address].result.outcome == DaneOutcome::name &&
         is_named(host.evidence->attempts[address], next_hop_names(evidence));
}

void judge_dane(RuleContext& context) {
  const Evidence& evidence = context.evidence;
  const std::vector<const HostVerdict*> hosts = hosts_of(evidence);
  if (!evidence.smtp_enabled || hosts.empty()) return context.not_applicable(Stage::dane);
  bool used = false;
  for (const HostVerdict* host : hosts) {
    used |= is_used(host->dane);
    for (const UngradedFinding& finding : host->findings)
      if (finding.row->stage == Stage::dane) context.findings.add(finding);
    judge_names(context, *host);
    judge_missing(context, *host);
    note_unobserved(context, *host);
  }
  judge_mx_security(context, hosts);
  judge_validation(context, hosts);
  judge_sts_conflict(context);
  if (!used) context.not_applicable(Stage::dane);
}

std::shared_ptr<const MxHostReport> facts_for(const Evidence& evidence, const HostVerdict& host) {
  std::shared_ptr<MxHostReport> changed;
  for (size_t i = 0; i < host.dane.addresses.size(); ++i) {
    if (!is_verified_for(evidence, host, i)) continue;
    if (changed == nullptr) changed = std::make_shared<MxHostReport>(*host.facts);
    if (i < changed->addresses.size()) changed->addresses[i].dane = DaneStatus::verified;
  }
  return changed == nullptr ? host.facts : changed;
}

}  // namespace mtasts::verdict
