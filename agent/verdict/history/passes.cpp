// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/passes.h"

#include <algorithm>
#include <optional>

#include "verdict/host/host_verdict.h"

namespace mtasts::verdict {
namespace {

constexpr std::chrono::hours kProbeInterval{2};  // twice the usual smtp_interval

// Empty: not conclusive.
using Result = std::optional<bool>;

void add(Result& result, const FindingRow& row, Severity severity) {
  if (severity == Severity::unknown)
    result = result == false ? result : std::nullopt;
  else if (severity != Severity::info && !row.tls_rpt_result_type.empty())
    result = false;
}

Result result_of(const Report& report, Stage stage) {
  StageResult observed = report.stage(stage);
  if (observed == StageResult::unknown || observed == StageResult::not_applicable)
    return std::nullopt;
  Result result = true;
  for (const Finding& finding : report.findings)
    if (finding.row->stage == stage) add(result, *finding.row, finding.severity);
  return result;
}

Result result_of(const HostVerdict& host, Stage stage) {
  if (!host.probed || host.incomplete || host.inconclusive) return std::nullopt;
  if (stage == Stage::mx_certificate && !host.certificate_seen) return std::nullopt;
  Result result = true;
  for (const UngradedFinding& finding : host.findings)
    if (finding.row->stage == stage) add(result, *finding.row, grade(finding, Regime::enforce));
  if (result == true && host.unobserved) return std::nullopt;
  return result;
}

void note(std::vector<SeenPass>& passes, Stage stage, const std::string& host, Result result,
          Time at) {
  if (!result) return;
  auto known = std::find_if(passes.begin(), passes.end(), [&](const SeenPass& pass) {
    return pass.stage == stage && pass.host == host;
  });
  if (!*result) {
    if (known != passes.end()) passes.erase(known);
    return;
  }
  if (known == passes.end()) {
    if (passes.size() < kMostRemembered) passes.push_back({stage, host, at, at});
    return;
  }
  if (at > known->last + kLongestGap) known->since = at;
  known->last = std::max(known->last, at);
}

}  // namespace

void note_passes(History& history, const Evidence& evidence, const Report& report, bool taken_in,
                 Time now) {
  std::vector<SeenPass>& passes = history.passes;
  std::erase_if(passes, [&](const SeenPass& pass) { return pass.last + kLongestGap < now; });
  note(passes, Stage::reports, "", taken_in, now);
  for (Stage stage :
       {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax, Stage::mx})
    note(passes, stage, "", result_of(report, stage), now);
  if (!evidence.smtp_enabled) return;
  for (const MxTarget& target : evidence.mx_targets) {
    if (target.verdict == nullptr) continue;
    for (Stage stage : {Stage::smtp, Stage::mx_certificate})
      note(passes, stage, target.host, result_of(*target.verdict, stage),
           target.verdict->evidence->probed_at);
  }
}

bool passed_throughout(const History& history, Stage stage, std::string_view host, Time from,
                       Time until) {
  return std::any_of(history.passes.begin(), history.passes.end(), [&](const SeenPass& pass) {
    return pass.stage == stage && pass.host == host && pass.since <= from &&
           pass.last + kProbeInterval >= until;
  });
}

}  // namespace mtasts::verdict
