// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <algorithm>

#include "protocol/smtp/deferral.h"
#include "verdict/certificate_rules.h"
#include "verdict/host/host_rules.h"
#include "verdict/host/mx_software.h"
#include "verdict/skipped_addresses.h"

namespace mtasts::verdict {
namespace {

using protocol::SmtpAttempt;
using protocol::SmtpStatus;

AddressStatus status_of(const SmtpAttempt& attempt) {
  switch (attempt.status) {
    case SmtpStatus::ok:
      return AddressStatus::ok;
    case SmtpStatus::refused:
      return AddressStatus::refused;
    case SmtpStatus::connect_timeout:
    case SmtpStatus::timeout:
      return AddressStatus::timeout;
    case SmtpStatus::unreachable:
      return AddressStatus::unreachable;
    case SmtpStatus::tls_failed:
    case SmtpStatus::tls_closed:
    case SmtpStatus::tls_timeout:
    case SmtpStatus::tls_version_old:
      return AddressStatus::tls_failed;
    case SmtpStatus::not_allowed:
    case SmtpStatus::cancelled:
      return AddressStatus::skipped;
    default:
      return AddressStatus::smtp_failed;
  }
}

std::optional<bool> starttls_of(const SmtpAttempt& attempt) {
  if (protocol::is_deferral(attempt)) return std::nullopt;
  switch (attempt.status) {
    case SmtpStatus::starttls_missing:
    case SmtpStatus::starttls_stripped:
    case SmtpStatus::starttls_rejected:
      return false;
    default:
      return attempt.starttls_offered;
  }
}

std::shared_ptr<const MxHostReport> facts_of(const MxHostEvidence& host, const HostDane& dane) {
  auto report = std::make_shared<MxHostReport>();
  report->host = host.host;
  report->probed_at = host.probed_at;
  report->addresses.reserve(host.attempts.size());
  for (const SmtpAttempt& attempt : host.attempts) {
    MxAddressReport address;
    address.address = attempt.address;
    address.status = status_of(attempt);
    address.starttls = starttls_of(attempt);
    address.tls_version = attempt.tls_version;
    address.cipher = attempt.cipher;
    address.chain = attempt.chain;
    address.unobserved = protocol::is_deferral(attempt) ||
                         (attempt.status != SmtpStatus::cancelled && is_unobserved(host, attempt));
    report->addresses.push_back(std::move(address));
  }
  append_skipped(host.addresses, report->addresses);
  report_dane(dane, *report);
  return report;
}

// No address was probed, although there is one, or may be one that the agent could not look up.
bool lacks_attempts(const MxHostEvidence& host) {
  if (!host.attempts.empty()) return false;
  const auto& answers = host.addresses.answers;
  return std::any_of(answers.begin(), answers.end(), [&](const protocol::DnsAnswer& answer) {
    return answer.status == protocol::DnsStatus::answered || is_unobserved(answer, host.channels);
  });
}

// An expiring certificate changes only when it is renewed; smtp_interval is soon enough. So it is
// for what is published for DANE, as long as mail comes through.
bool may_be_fixed_soon(const UngradedFinding& finding) {
  if (finding.row->stage == Stage::dane)
    return grade(finding, Regime::enforce) == Severity::critical;
  return finding.row->code != FindingCode("cert-expiring") &&
         finding.row->code != FindingCode("cert-differs-by-ip");
}

bool has_fault(const std::vector<UngradedFinding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const UngradedFinding& finding) {
    Severity severity = grade(finding, Regime::enforce);
    return (severity == Severity::critical || severity == Severity::warning) &&
           may_be_fixed_soon(finding);
  });
}

// Variants are observed once in smtp_interval, so their faults do not make the next probe sooner.
void add_variants(const HostContext& context, std::vector<UngradedFinding>& findings) {
  FindingCollector more("", context.host.channels, context.thresholds);
  HostContext variants{context.host, context.thresholds, context.now, more};
  judge_variants(variants);
  for (UngradedFinding& finding : more.take()) findings.push_back(std::move(finding));
}

bool has_failed_lookup(const MxHostEvidence& host) {
  const auto& answers = host.addresses.answers;
  return std::any_of(answers.begin(), answers.end(),
                     [](const auto& answer) { return !protocol::is_conclusive(answer.status); });
}

// Senders get through to the host at this address.
bool is_good(const HostContext& context, const SmtpAttempt& attempt) {
  return attempt.status == SmtpStatus::ok && attempt.chain != nullptr &&
         attempt.chain->verified() &&
         expiry_severity(*attempt.chain, {context.thresholds, context.now}) != Severity::critical;
}

// A fault of one address beside a good one is a warning: senders go on to the next address.
void weigh_addresses(const HostContext& context, std::vector<UngradedFinding>& findings) {
  const auto& attempts = context.host.attempts;
  bool some_good = std::any_of(attempts.begin(), attempts.end(), [&](const SmtpAttempt& attempt) {
    return is_good(context, attempt);
  });
  if (!some_good) return;
  for (UngradedFinding& finding : findings)
    if (finding.row->stage != Stage::dane && finding.of_one_address &&
        grade(finding, Regime::enforce) == Severity::critical)
      finding.severity = Severity::warning;
}

}  // namespace

HostVerdictPtr judge_host(MxHostEvidencePtr evidence, const Thresholds& thresholds, Time now) {
  auto verdict = std::make_shared<HostVerdict>();
  const MxHostEvidence& host = *evidence;
  FindingCollector findings("", host.channels, thresholds);
  HostContext context{host, thresholds, now, findings};
  judge_addresses(context);
  judge_attempts(context, verdict->blocked);
  judge_certificates(context);
  verdict->dane = read_dane(host, now);
  judge_dane(context, verdict->dane);
  verdict->findings = findings.take();
  verdict->inconclusive = has_failed_lookup(host);
  verdict->has_fault =
      verdict->inconclusive || host.attempts.empty() || has_fault(verdict->findings);
  add_variants(context, verdict->findings);
  weigh_addresses(context, verdict->findings);
  name_settings(host, verdict->findings);
  verdict->findings.shrink_to_fit();
  verdict->facts = facts_of(host, verdict->dane);
  verdict->incomplete = lacks_attempts(host);
  for (const SmtpAttempt& attempt : host.attempts) {
    bool deferral = protocol::is_deferral(attempt);
    bool unobserved = is_unobserved(host, attempt);
    std::optional<FindingCode> code = code_of(attempt);
    verdict->probed |= attempt.status != SmtpStatus::not_allowed;
    verdict->certificate_seen |= attempt.chain != nullptr;
    verdict->unobserved |= unobserved || (code && row_of(*code).otherwise == Severity::unknown);
    verdict->inconclusive |= unobserved || deferral;
  }
  verdict->evidence = std::move(evidence);
  return verdict;
}

}  // namespace mtasts::verdict
