// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/faults.h"

#include <algorithm>
#include <string>
#include <utility>

namespace mtasts::verdict {
namespace {

bool is_unknown(const Report& report, Stage stage) {
  return report.stage(stage) == StageResult::unknown;
}

bool is_policy_unseen(const Report& report) {
  return !report.policy.mode &&
         (is_unknown(report, Stage::record) || is_unknown(report, Stage::policy_fetch) ||
          is_unknown(report, Stage::policy_certificate) ||
          is_unknown(report, Stage::policy_syntax));
}

// Some address was seen to be down, and none to be up.
bool is_dead(const MxHostReport& facts) {
  bool down = false;
  for (const MxAddressReport& address : facts.addresses) {
    const std::optional<bool> reachable = is_reachable(address);
    if (reachable.value_or(false) || address.starttls) return false;
    down |= reachable.has_value();
  }
  return down;
}

// No MX host takes mail, so senders that enforce the policy have nowhere to deliver.
bool is_cut_off(const Report& report) {
  return !report.mx.empty() && is_enforced(report) &&
         std::all_of(report.mx.begin(), report.mx.end(),
                     [](const MxReport& mx) { return mx.facts != nullptr && is_dead(*mx.facts); });
}

bool is_failed_connection(const Fault& fault) {
  return fault.alert->part == HostPart::connection ||
         fault.row->code == FindingCode("smtp-timeout");
}

bool is_same(const Fault& fault, const FindingRow* row, std::string_view subject) {
  return fault.row->code == row->code && fault.subject == subject;
}

// A fault that is known already becomes the worse of the two.
void add(std::vector<Fault>& faults, const Fault& fault) {
  for (Fault& known : faults)
    if (is_same(known, fault.row, fault.subject)) {
      if (fault.is_over || fault.severity >= known.severity) return;
      known.severity = fault.severity;
      known.seen_at = fault.seen_at;
      return;
    }
  faults.push_back(fault);
}

// The look at exactly this failed.
bool is_inconclusive_now(const Report& report, const Fault& fault) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const Finding& finding) {
    return finding.severity == Severity::unknown && is_same(fault, finding.row, finding.subject);
  });
}

bool is_mx_lookup_failing(const Report& report) {
  if (is_unknown(report, Stage::mx)) return true;
  return std::any_of(report.findings.begin(), report.findings.end(), [](const Finding& finding) {
    return finding.row->code == FindingCode("mx-servfail") ||
           finding.row->code == FindingCode("mx-timeout");
  });
}

bool is_observed(const MxAddressReport& address, HostPart part) {
  if (part == HostPart::connection) return is_reachable(address).has_value();
  if (part == HostPart::starttls) return address.starttls.has_value() && !address.unobserved;
  if (part == HostPart::dane) return address.dane != DaneStatus::unknown;
  return address.chain != nullptr;
}

// Part of an MX host, or of one address of it, or of its addresses of one family.
struct HostSight {
  std::string_view subject;
  HostPart part;
  std::optional<AddressFamily> family;  // empty: both
};

// No address that the subject means was observed. An address that is gone is no reason to wait.
bool is_unseen(const MxHostReport& facts, const HostSight& sight) {
  const bool names_address = host_of_subject(sight.subject) != sight.subject;
  bool of_one = false, of_any = false, known = false, meant = false;
  for (const MxAddressReport& address : facts.addresses) {
    if (sight.family && address.address.family() != *sight.family) continue;
    meant = true;
    const bool observed = is_observed(address, sight.part);
    of_any |= observed;
    if (!names_address || !sight.subject.ends_with(" [" + address.address.text() + "]")) continue;
    known = true;
    of_one = observed;
  }
  if (known) return !of_one;
  return meant && !of_any;
}

bool is_part_unseen(const Report& report, const HostSight& sight) {
  const std::string_view host = host_of_subject(sight.subject);
  const auto mx = std::find_if(report.mx.begin(), report.mx.end(), [&](const MxReport& one) {
    return subject_of(one.host, std::nullopt) == host;
  });
  if (mx == report.mx.end()) return report.mx.empty() && is_mx_lookup_failing(report);
  if (sight.part == HostPart::names) return is_unknown(report, Stage::mx);
  const StageResult smtp = report.stage(Stage::smtp);
  if (mx->facts == nullptr || mx->facts->addresses.empty())
    return smtp != StageResult::not_applicable && smtp != StageResult::pass;
  return is_unseen(*mx->facts, sight);
}

std::optional<AddressFamily> family_of(FindingCode code) {
  if (code == FindingCode("smtp-ipv4-fail")) return AddressFamily::ipv4;
  if (code == FindingCode("smtp-ipv6-fail")) return AddressFamily::ipv6;
  return std::nullopt;
}

bool is_unseen(const Report& report, const Fault& fault) {
  if (is_inconclusive_now(report, fault)) return true;
  if (fault.alert->part)
    return is_part_unseen(report, {fault.subject, *fault.alert->part, family_of(fault.row->code)});
  return is_unknown(report, fault.row->stage);
}

// A fault that is seen, and was critical because of the policy, which cannot be observed now.
bool is_graded_blindly(const Report& report, const Fault& before) {
  if (before.severity != Severity::critical || !is_policy_unseen(report)) return false;
  const Stage stage = before.row->stage;
  return stage == Stage::mx || stage == Stage::smtp || stage == Stage::mx_certificate;
}

bool is_recent(const Report& report, Time seen_at) {
  return report.checked_at - seen_at < kHeldFor;
}

HeldCertificate held(std::string host, const CertificateDates& dates, Time seen_at) {
  return {std::move(host), dates.expiry, dates.not_before, seen_at};
}

// What the previous check saw, and what it held.
std::vector<HeldCertificate> certificates_of(const Report& report) {
  std::vector<HeldCertificate> certificates = report.held_certificates;
  if (report.policy.chain != nullptr)
    certificates.push_back(held("", dates_of(*report.policy.chain), report.checked_at));
  for (const MxReport& mx : report.mx) {
    if (mx.facts == nullptr) continue;
    if (auto dates = dates_of(*mx.facts))
      certificates.push_back(held(mx.host, *dates, report.checked_at));
  }
  return certificates;
}

bool is_unseen(const Report& report, const HeldCertificate& certificate) {
  if (!certificate.host.empty()) {
    const std::string host = subject_of(certificate.host, std::nullopt);
    return is_part_unseen(report, {host, HostPart::certificate, std::nullopt});
  }
  return report.policy.chain == nullptr && is_unknown(report, Stage::policy_certificate);
}

}  // namespace

bool is_enforced(const Report& report) {
  using protocol::Mode;
  if (report.policy.mode) return *report.policy.mode == Mode::enforce;
  if (report.history == nullptr || !is_policy_unseen(report)) return false;
  const auto& known = report.history->policy.value;
  return known && (*known)->mode == Mode::enforce && !report.history->policy_gone_confirmed;
}

std::vector<Fault> faults_of(const Report& report) {
  std::vector<Fault> faults;
  const bool cut_off = is_cut_off(report);
  for (const Finding& finding : report.findings) {
    if (finding.severity != Severity::critical && finding.severity != Severity::warning) continue;
    const AlertRow* alert = alert_of(finding.row->code);
    if (alert == nullptr) continue;
    Fault fault{finding.row, alert, finding.severity, finding.subject,
                true,        false, report.checked_at};
    if (cut_off && is_failed_connection(fault)) fault.severity = Severity::critical;
    add(faults, fault);
  }
  for (const HeldFault& held : report.held_faults)
    if (const AlertRow* alert = alert_of(held.row->code))
      add(faults,
          {held.row, alert, held.severity, held.subject, false, held.is_over, held.seen_at});
  return faults;
}

CertificateDates dates_of(const protocol::PeerChain& chain) {
  CertificateDates dates{chain.chain_not_after, std::nullopt};
  if (chain.chain_not_after >= chain.leaf.not_after)
    dates = {chain.leaf.not_after, chain.leaf.not_before};
  return dates;
}

std::optional<CertificateDates> dates_of(const MxHostReport& facts) {
  std::optional<CertificateDates> first;
  for (const MxAddressReport& address : facts.addresses) {
    if (address.chain == nullptr) continue;
    const CertificateDates dates = dates_of(*address.chain);
    if (!first || dates.expiry < first->expiry) first = dates;
  }
  return first;
}

void hold_unseen(const Report& before, Report& report) {
  const std::vector<Fault> now = faults_of(report);
  for (const Fault& fault : faults_of(before)) {
    if (fault.is_over) continue;
    const bool is_seen = std::any_of(now.begin(), now.end(), [&](const Fault& one) {
      return is_same(one, fault.row, fault.subject);
    });
    const bool holds = is_recent(report, fault.seen_at) &&
                       (is_seen ? is_graded_blindly(report, fault) : is_unseen(report, fault));
    if (holds || (!is_seen && !fault.is_seen_now))
      report.held_faults.push_back(
          {fault.row, fault.severity, std::string(fault.subject), fault.seen_at, !holds});
  }
  for (HeldCertificate& certificate : certificates_of(before))
    if (is_recent(report, certificate.seen_at) && is_unseen(report, certificate))
      report.held_certificates.push_back(std::move(certificate));
}

}  // namespace mtasts::verdict
