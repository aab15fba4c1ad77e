// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/domain_samples.h"

#include "base/ascii.h"
#include "base/printable.h"
#include "base/time.h"
#include "present/fault_samples.h"
#include "verdict/faults.h"

namespace mtasts::present {
namespace {

// An id has at most 32 characters (RFC 8461 §3.1); a much longer one is a mistake or an attack.
constexpr size_t kLongestId_bytes = 128;

void add_domain(const board::DomainEntry& entry, SampleWriter& samples, double value) {
  samples.add({{"domain", entry.name}}, value);
}

const protocol::PeerChain* policy_chain(const board::DomainEntry& entry) {
  return entry.report == nullptr ? nullptr : entry.report->policy.chain.get();
}

// Of a policy host that senders ask: that of a domain which takes part in MTA-STS.
std::optional<verdict::CertificateDates> policy_certificate(const board::DomainEntry& entry) {
  if (entry.report == nullptr) return std::nullopt;
  const verdict::Report& report = *entry.report;
  if (report.stage(verdict::Stage::policy_certificate) == verdict::StageResult::not_applicable)
    return std::nullopt;
  if (report.policy.chain != nullptr) return verdict::dates_of(*report.policy.chain);
  for (const verdict::HeldCertificate& held : report.held_certificates)
    if (held.host.empty()) return verdict::CertificateDates{held.expiry, held.not_before};
  return std::nullopt;
}

void add_memory(const board::DomainEntry& entry, SampleWriter& samples,
                double (*value)(const verdict::History&)) {
  if (entry.report != nullptr && entry.report->history != nullptr)
    add_domain(entry, samples, value(*entry.report->history));
}

}  // namespace

void domain_info(const board::DomainEntry& entry, SampleWriter& samples) {
  std::vector<Label> labels = {{"domain", entry.name}};
  if (entry.configured != nullptr)
    for (const auto& [name, value] : entry.configured->labels)
      if (is_label_name(name) && !name.starts_with("__") && name != "domain")
        labels.push_back({name, value});
  samples.add(labels, 1);
}

void stage_success(const board::DomainEntry& entry, SampleWriter& samples) {
  for (verdict::Stage stage : verdict::kStages) {
    const board::LastResult& last = entry.stages[static_cast<size_t>(stage)];
    if (last.result == verdict::StageResult::not_applicable) continue;
    samples.add({{"domain", entry.name}, {"stage", name_of(stage)}},
                last.result == verdict::StageResult::pass ? 1 : 0);
  }
}

void stage_last_conclusive(const board::DomainEntry& entry, SampleWriter& samples) {
  for (verdict::Stage stage : verdict::kStages) {
    const board::LastResult& last = entry.stages[static_cast<size_t>(stage)];
    if (last.result == verdict::StageResult::not_applicable) continue;
    samples.add({{"domain", entry.name}, {"stage", name_of(stage)}}, unix_seconds(last.at));
  }
}

void findings_by_severity(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  auto counts = verdict::count_by_severity(*entry.report);
  for (size_t i = 0; i < counts.size(); ++i)
    samples.add({{"domain", entry.name}, {"severity", name_of(verdict::kSeverities[i])}},
                counts[i]);
}

void open_findings(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  for (const verdict::Finding& finding : entry.report->findings)
    samples.add({{"domain", entry.name},
                 {"code", finding.code()},
                 {"severity", name_of(finding.severity)},
                 {"subject", printable(finding.subject, kLongestSubject_bytes)}},
                1);
}

void faults(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  for (const verdict::Fault& fault : verdict::faults_of(*entry.report))
    if (!fault.alert->part) add_fault(samples, {"domain", entry.name}, fault);
}

void stage_unseen_since(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  for (verdict::Stage stage : verdict::kStages) {
    const board::LastResult& last = entry.stages[static_cast<size_t>(stage)];
    const bool is_unseen = entry.report->stage(stage) == verdict::StageResult::unknown ||
                           entry.unseen_before[static_cast<size_t>(stage)];
    if (last.result == verdict::StageResult::not_applicable || !is_unseen) continue;
    samples.add({{"domain", entry.name}, {"stage", name_of(stage)}}, unix_seconds(last.at));
  }
}

void policy_info(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  const verdict::Report& report = *entry.report;
  samples.add({{"domain", entry.name},
               {"id", printable(report.record.id.value_or(""), kLongestId_bytes)},
               {"mode", report.policy.mode ? name_of(*report.policy.mode) : ""},
               {"phase", report.rollout ? name_of(report.rollout->phase) : ""}},
              1);
}

void last_check_time(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report != nullptr) add_domain(entry, samples, unix_seconds(entry.report->checked_at));
}

void last_check_duration(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  add_domain(entry, samples, static_cast<double>(entry.report->duration.count()) / 1000);
}

void record_info(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr || !entry.report->record.id) return;
  samples.add(
      {{"domain", entry.name}, {"id", printable(*entry.report->record.id, kLongestId_bytes)}}, 1);
}

void policy_mode(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr || !entry.report->policy.mode) return;
  for (auto mode : {protocol::Mode::enforce, protocol::Mode::testing, protocol::Mode::none})
    samples.add({{"domain", entry.name}, {"mode", name_of(mode)}},
                *entry.report->policy.mode == mode ? 1 : 0);
}

void policy_max_age(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report != nullptr && entry.report->policy.max_age_seconds)
    add_domain(entry, samples, static_cast<double>(*entry.report->policy.max_age_seconds));
}

void policy_http_status(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report != nullptr && entry.report->policy.http_status)
    add_domain(entry, samples, *entry.report->policy.http_status);
}

void record_last_change(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples,
             [](const auto& history) { return unix_seconds(history.record.changed); });
}

void policy_last_change(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples,
             [](const auto& history) { return unix_seconds(history.policy.changed); });
}

void mx_last_change(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples, [](const auto& history) { return unix_seconds(history.mx.changed); });
}

void record_changes(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples,
             [](const auto& history) { return static_cast<double>(history.record.changes); });
}

void policy_changes(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples,
             [](const auto& history) { return static_cast<double>(history.policy.changes); });
}

void mx_changes(const board::DomainEntry& entry, SampleWriter& samples) {
  add_memory(entry, samples,
             [](const auto& history) { return static_cast<double>(history.mx.changes); });
}

void policy_cache_expiry(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr || entry.report->history == nullptr) return;
  auto held = verdict::held_policies(*entry.report->history, entry.report->checked_at);
  add_domain(entry, samples, held.empty() ? 0 : unix_seconds(held.front().until));
}

void policy_not_before(const board::DomainEntry& entry, SampleWriter& samples) {
  if (const auto* chain = policy_chain(entry))
    add_domain(entry, samples, unix_seconds(chain->leaf.not_before));
}

void policy_not_after(const board::DomainEntry& entry, SampleWriter& samples) {
  if (const auto* chain = policy_chain(entry))
    add_domain(entry, samples, unix_seconds(chain->leaf.not_after));
}

void policy_chain_not_after(const board::DomainEntry& entry, SampleWriter& samples) {
  if (const auto* chain = policy_chain(entry))
    add_domain(entry, samples, unix_seconds(chain->chain_not_after));
}

void policy_certificate_expiry(const board::DomainEntry& entry, SampleWriter& samples) {
  if (auto dates = policy_certificate(entry))
    add_domain(entry, samples, unix_seconds(dates->expiry));
}

void policy_certificate_lifetime(const board::DomainEntry& entry, SampleWriter& samples) {
  auto dates = policy_certificate(entry);
  if (dates && dates->not_before) add_domain(entry, samples, lifetime_seconds(*dates));
}

void policy_verified(const board::DomainEntry& entry, SampleWriter& samples) {
  if (const auto* chain = policy_chain(entry))
    add_domain(entry, samples, chain->verified() ? 1 : 0);
}

void rollout_phase(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr || !entry.report->rollout) return;
  for (verdict::RolloutPhase phase : verdict::kRolloutPhases)
    samples.add({{"domain", entry.name}, {"phase", name_of(phase)}},
                entry.report->rollout->phase == phase ? 1 : 0);
}

void rollout_ready(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr || !entry.report->rollout) return;
  add_domain(entry, samples, entry.report->rollout->ready ? 1 : 0);
}

void mx_covered(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.report == nullptr) return;
  for (const verdict::MxReport& mx : entry.report->mx)
    if (mx.covered)
      samples.add({{"domain", entry.name}, {"mx", board::host_key(mx.host)}}, *mx.covered ? 1 : 0);
}

}  // namespace mtasts::present
