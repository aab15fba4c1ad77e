// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/phases.h"

#include <algorithm>
#include <array>

#include "verdict/history/passes.h"

namespace mtasts::verdict {
namespace {

using protocol::Mode;
using std::chrono::hours;

constexpr hours kRepeated{24};

struct PhaseValues {
  RolloutPhase phase;
  Mode mode;
  uint64_t max_age_seconds;
};
constexpr uint64_t kDay_seconds = 86400;
constexpr PhaseValues kValues[] = {
    {RolloutPhase::testing_day, Mode::testing, kDay_seconds},
    {RolloutPhase::testing_week, Mode::testing, 7 * kDay_seconds},
    {RolloutPhase::enforce_week, Mode::enforce, 7 * kDay_seconds},
    {RolloutPhase::enforce_month, Mode::enforce, 30 * kDay_seconds},
    // Below the limit of RFC 8461 §3.2: Stalwart 0.16.18 takes exactly 31557600 for one day.
    {RolloutPhase::enforce_year, Mode::enforce, 365 * kDay_seconds},
};

const PhaseValues* values_of(RolloutPhase phase) {
  const auto* found = std::find_if(std::begin(kValues), std::end(kValues),
                                   [&](const PhaseValues& one) { return one.phase == phase; });
  return found == std::end(kValues) ? nullptr : found;
}

// When the published state began, as far as it was observed.
Time beginning_of(const History& history, Time now) {
  Time began = kNever;
  if (history.record.value == "")
    began = history.record.since;
  else {
    if (history.policy.value) began = history.policy.since;
    // A later record with another id begins nothing.
    if (history.record.previous == "") began = std::max(began, history.record.since);
  }
  return began == kNever ? now : std::min(began, now);
}

// What was observed before phases were remembered: since when, and until when, everything passes.
void credit_passes(const History& history, SeenPhase& seen, Time now) {
  Time last = now;
  bool complete = true;
  auto consider = [&](Stage stage, const std::string& host) {
    auto pass =
        std::find_if(history.passes.begin(), history.passes.end(),
                     [&](const SeenPass& one) { return one.stage == stage && one.host == host; });
    complete &= pass != history.passes.end();
    if (pass == history.passes.end()) return;
    seen.clean_from = std::max(seen.clean_from, pass->since);
    last = std::min(last, pass->last);
  };
  seen.clean_from = seen.since;
  for (Stage stage :
       {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax, Stage::mx})
    consider(stage, "");
  for (const std::string& host : history.mx.value.value_or(std::vector<std::string>()))
    for (Stage stage : {Stage::smtp, Stage::mx_certificate}) consider(stage, host);
  if (complete)
    seen.clean_seen = last;
  else
    seen.clean_from = now;
}

void enter(History& history, RolloutPhase phase, Time now) {
  SeenPhase& seen = history.phase;
  Time began = beginning_of(history, now);
  if (seen.since == kNever) {
    seen = {};
    seen.phase = phase;
    seen.since = seen.mode_since = began;
    credit_passes(history, seen, now);
    return;
  }
  bool back = phase < seen.phase;
  bool other_mode = mode_of(phase) != mode_of(seen.phase);
  seen.phase = phase;
  seen.since = began;
  if (other_mode) seen.mode_since = began;
  // A longer max_age in the same mode changes nothing for a sender that delivers.
  if (!back && !other_mode) return;
  seen.clean_from = std::max(seen.clean_from, began);
  if (!back) return;
  seen.fault = "a step back to an earlier phase";
  seen.fault_at = began;
}

const Finding* first_error(const Report& report) {
  auto found = std::find_if(report.findings.begin(), report.findings.end(), is_error);
  return found == report.findings.end() ? nullptr : &*found;
}

void note_error(SeenPhase& seen, std::string what, Time now) {
  bool lasts = seen.fault_seen != kNever && seen.clean_seen <= seen.fault_seen;
  bool again = seen.fault_seen != kNever && now - seen.fault_seen <= kRepeated;
  if (lasts || again) {
    seen.clean_from = now;
    seen.fault = std::move(what);
    seen.fault_at = now;
  }
  seen.fault_seen = now;
}

void note_good(SeenPhase& seen, Time now) {
  Time from = std::max(seen.clean_seen, seen.clean_from);
  if (now - from > kLongestUnseen) seen.clean_from += now - from - kLongestUnseen;
  seen.clean_seen = now;
}

}  // namespace

RolloutPhase phase_of(Mode mode, uint64_t max_age_seconds) {
  RolloutPhase reached = RolloutPhase::none;
  for (const PhaseValues& one : kValues)
    if (one.mode == mode &&
        (reached == RolloutPhase::none || max_age_seconds >= one.max_age_seconds))
      reached = one.phase;
  return reached;
}

Mode mode_of(RolloutPhase phase) {
  const PhaseValues* values = values_of(phase);
  return values == nullptr ? Mode::none : values->mode;
}

uint64_t max_age_of(RolloutPhase phase) {
  const PhaseValues* values = values_of(phase);
  return values == nullptr ? 0 : values->max_age_seconds;
}

bool is_obstacle(const Finding& finding) {
  if (finding.severity != Severity::critical && finding.severity != Severity::warning) return false;
  // Who sends with DANE does not apply the policy, whatever its mode.
  if (finding.row->stage == Stage::dane) return false;
  // The settings ask for what the next steps bring.
  return finding.code() != "sts-mode-weaker-than-expected";
}

bool is_error(const Finding& finding) {
  constexpr std::array kStagesOfErrors = {
      Stage::record, Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax,
      Stage::mx,     Stage::smtp,         Stage::mx_certificate,     Stage::reports};
  return is_obstacle(finding) && std::find(kStagesOfErrors.begin(), kStagesOfErrors.end(),
                                           finding.row->stage) != kStagesOfErrors.end();
}

std::optional<RolloutPhase> known_phase(const History& history) {
  if (history.record.value == "") return RolloutPhase::none;
  if (!history.record.value) return std::nullopt;
  if (history.policy.value)
    return phase_of((*history.policy.value)->mode, (*history.policy.value)->max_age_seconds);
  if (history.policy_gone_confirmed) return RolloutPhase::none;
  return std::nullopt;
}

void note_phase(History& history, const Report& report, bool failures_reported, Time now) {
  std::optional<RolloutPhase> phase = known_phase(history);
  if (!phase) return;
  SeenPhase& seen = history.phase;
  if (seen.since == kNever || seen.phase != *phase) enter(history, *phase, now);
  const Finding* error = first_error(report);
  if (error != nullptr)
    note_error(seen, std::string(error->code()), now);
  else if (failures_reported)
    note_error(seen, "failures in TLS reports", now);
  else if (!is_worth_repeating(report))
    note_good(seen, now);
}

}  // namespace mtasts::verdict
