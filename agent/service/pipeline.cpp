// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/pipeline.h"

#include "base/log.h"
#include "verdict/faults.h"
#include "verdict/judge.h"

namespace mtasts::service {
namespace {

// Codes of findings above severity info, each once.
std::string codes_of(const verdict::Report& report) {
  std::string codes;
  for (const verdict::Finding& finding : report.findings) {
    if (finding.severity == verdict::Severity::info) continue;
    if (codes.find(finding.code()) != std::string::npos) continue;
    codes += (codes.empty() ? "" : ",") + std::string(finding.code());
  }
  return codes;
}

// Null for a domain that is not configured: no history is kept for it.
verdict::HistoryPtr history_of(const board::DomainEntryPtr& known) {
  static const auto kEmpty = std::make_shared<const verdict::History>();
  if (known == nullptr) return nullptr;
  bool remembered = known->report != nullptr && known->report->history != nullptr;
  return remembered ? known->report->history : kEmpty;
}

void log_check(const verdict::Report& report, const verdict::ReportPtr& before) {
  std::string codes = codes_of(report);
  bool changed =
      before == nullptr || before->outcome != report.outcome || codes_of(*before) != codes;
  log(changed ? LogLevel::info : LogLevel::debug, changed ? "outcome changed" : "checked",
      {{"domain", report.domain},
       {"outcome", std::string(verdict::name_of(report.outcome))},
       {"findings", codes},
       {"duration", duration_text(report.duration)}});
}

}  // namespace

verdict::ReportPtr Pipeline::conclude(const verdict::Evidence& evidence,
                                      schedule::Scheduler::Trigger trigger) {
  board::DomainEntryPtr known = to_.reports.find(evidence.domain.text());
  verdict::ReportPtr report = judge(evidence, known);
  using Trigger = schedule::Scheduler::Trigger;
  const bool last_word = trigger == Trigger::due ||
                         (trigger == Trigger::request && !verdict::is_worth_repeating(*report));
  if (known != nullptr && last_word) publish(report, known);
  return report;
}

verdict::ReportPtr Pipeline::judge(const verdict::Evidence& evidence,
                                   const board::DomainEntryPtr& known) const {
  verdict::Thresholds thresholds = thresholds_;
  if (known != nullptr && known->configured != nullptr)
    thresholds.expected_mode = known->configured->expected_mode;
  thresholds.hosted = check::hosted_policy_of(hosted_, evidence.domain.text());
  reports::DomainSummaryPtr reported = known != nullptr ? known->reported : nullptr;
  auto report = std::make_shared<verdict::Report>(
      verdict::judge(evidence, history_of(known), thresholds, evidence.finished, reported));
  if (known != nullptr && known->report != nullptr) verdict::hold_unseen(*known->report, *report);
  return report;
}

void Pipeline::publish(const verdict::ReportPtr& report, const board::DomainEntryPtr& before) {
  to_.metrics.count_check(verdict::is_worth_repeating(*report));
  to_.metrics.observe_phase(Phase::check, report->duration);
  auto update = to_.reports.publish(report);
  if (!update) return;
  to_.exposition.apply(*update);
  if (report->history != nullptr) to_.state.remember(report, update->domains.front()->stages);
  log_check(*report, before->report);
}

}  // namespace mtasts::service
