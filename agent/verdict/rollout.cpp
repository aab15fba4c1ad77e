// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "verdict/findings/verify_command.h"
#include "verdict/history/phases.h"
#include "verdict/report.h"
#include "verdict/text.h"

namespace mtasts::verdict {
namespace {

using protocol::Mode;
using std::chrono::hours;

constexpr hours kDay{24};
constexpr hours kWeek = 7 * kDay;

// What senders are known to get, by two checks if there is a history.
struct KnownPolicy {
  RolloutPhase phase = RolloutPhase::none;
  Mode mode = Mode::none;
  uint64_t max_age_seconds = 0;
};

std::optional<KnownPolicy> known_policy(const RolloutBasis& basis) {
  KnownPolicy known;
  if (basis.history != nullptr) {
    std::optional<RolloutPhase> phase = known_phase(*basis.history);
    if (!phase) return std::nullopt;
    known.phase = *phase;
    if (*phase == RolloutPhase::none && basis.history->record.value == "") return known;
    if (!basis.history->policy.value) return known;
    known.mode = (*basis.history->policy.value)->mode;
    known.max_age_seconds = (*basis.history->policy.value)->max_age_seconds;
    return known;
  }
  const Report& report = basis.report;
  if (report.record.status == TxtStatus::missing) return known;
  if (report.record.status != TxtStatus::found || !report.policy.valid) return std::nullopt;
  known.mode = *report.policy.mode;
  known.max_age_seconds = *report.policy.max_age_seconds;
  known.phase = phase_of(known.mode, known.max_age_seconds);
  return known;
}

bool is_unsettled(const RolloutBasis& basis, const KnownPolicy& known) {
  const PolicyReport& served = basis.report.policy;
  return basis.history != nullptr && served.valid && known.phase != RolloutPhase::none &&
         (served.mode != known.mode || served.max_age_seconds != known.max_age_seconds);
}

std::optional<NextStep> next_of(const KnownPolicy& known) {
  NextStep next;
  // First the max_age of the phase itself.
  bool reached = known.max_age_seconds >= max_age_of(known.phase);
  auto after = reached ? phase_after(known.phase) : std::optional<RolloutPhase>(known.phase);
  if (!after) return std::nullopt;
  next.phase = *after;
  next.mode = mode_of(*after);
  next.max_age_seconds = max_age_of(*after);
  next.optional = *after == RolloutPhase::enforce_year;
  return next;
}

void add_waiting(RolloutScene& scene, const KnownPolicy& known) {
  const SeenPhase& seen = scene.basis.history->phase;
  NextStep& next = *scene.rollout.next;
  if (next.phase == known.phase) {
    next.earliest = seen.since;  // a longer max_age of the same phase waits for nothing
    return;
  }
  PhaseDurations needed = durations_of(known.phase);
  Time in_phase = seen.since + needed.in_phase;
  Time without_errors = seen.clean_from + needed.without_errors;
  next.earliest = std::max(in_phase, without_errors);
  if (*next.earliest <= scene.basis.now) return;
  bool errors = without_errors >= in_phase;
  std::string text = fmt::format("Before the next step, {} must be {} for {} days, counted from {}",
                                 policy_text(known.mode, known.max_age_seconds),
                                 errors ? "without errors" : "published",
                                 (errors ? needed.without_errors : needed.in_phase) / kDay,
                                 date_text(errors ? seen.clean_from : seen.since));
  if (errors && !seen.fault.empty() && seen.fault_at >= seen.since)
    text += fmt::format("; the last error was {} on {}", seen.fault, date_text(seen.fault_at));
  scene.add(ObstacleKind::too_early, "", text + ".",
            fmt::format("Wait until {}.", until_text(*next.earliest, scene.basis.now)));
}

void add_beginning(RolloutScene& scene, const KnownPolicy& known) {
  const std::string& domain = scene.basis.report.domain;
  bool withdrawn =
      known.phase == RolloutPhase::none && known.max_age_seconds > 0 && known.mode == Mode::none;
  if (withdrawn)
    scene.add(ObstacleKind::withdrawn, "",
              "The policy is in mode none, so senders act as if there were no policy.",
              "To begin again, publish a policy in mode testing, then a record with a new id; to "
              "end MTA-STS, follow mtasts-exporter plan remove " +
                  domain + ".");
  else if (known.phase == RolloutPhase::none)
    scene.add(ObstacleKind::not_published, "", "No MTA-STS policy is in use yet.",
              fmt::format("Run mtasts-exporter generate all {} --out DIR, which writes a policy of "
                          "mode testing and the records to publish.",
                          domain));
}

void add_all(RolloutScene& scene, const KnownPolicy& known) {
  const RolloutBasis& basis = scene.basis;
  add_beginning(scene, known);
  bool began = known.phase != RolloutPhase::none;
  if (began && basis.history == nullptr)
    scene.add(ObstacleKind::no_history, "",
              "Nothing is remembered of this domain, so it is not known for how long it has been "
              "without errors.",
              "Let mtasts-exporter serve check the domain, and ask again with the same "
              "configuration file.");
  if (is_unsettled(basis, known))
    scene.add(
        ObstacleKind::unsettled, "",
        fmt::format("{} is served now and awaits a second check.",
                    sentence("a policy of " + policy_text(*basis.report.policy.mode,
                                                          *basis.report.policy.max_age_seconds))),
        "Ask again after the next check.");
  add_findings(scene);
  if (!began || !scene.rollout.next) return;
  if (basis.history != nullptr) {
    add_unseen(scene);
    add_waiting(scene, known);
  }
  add_certificates(scene);
  add_reported(scene);
}

bool is_last_error_open(const RolloutBasis& basis) {
  return are_failures_reported(basis.reported) ||
         std::any_of(basis.report.findings.begin(), basis.report.findings.end(), is_error);
}

void insert(Report& report, Finding finding) {
  auto order = [](const Finding& one, const Finding& other) {
    return std::tie(one.row->stage, one.severity, one.subject) <
           std::tie(other.row->stage, other.severity, other.subject);
  };
  report.findings.insert(
      std::upper_bound(report.findings.begin(), report.findings.end(), finding, order),
      std::move(finding));
}

Finding due_finding(const Report& report, const Thresholds& thresholds) {
  const Rollout& rollout = *report.rollout;
  const NextStep& next = *rollout.next;
  const FindingRow& row = row_of("sts-ready-for-next-phase");
  std::string policy = policy_text(next.mode, next.max_age_seconds);
  Finding finding;
  finding.row = &row;
  finding.severity = Severity::info;
  finding.message = fmt::format("Since {} nothing speaks against the next step: {}",
                                date_text(next.earliest.value_or(rollout.since)), policy);
  finding.fix = fmt::format(
      "Publish the policy with mode: {} and max_age: {}, then the record with a new id; "
      "mtasts-exporter plan enforce {} prints both.",
      name_of(next.mode), next.max_age_seconds, report.domain);
  finding.verify = verify_command(row, thresholds.vantage, {report.domain, "", std::nullopt});
  return finding;
}

}  // namespace

void RolloutScene::add(ObstacleKind kind, std::string subject, std::string text, std::string action,
                       bool blocks) {
  if (rollout.obstacles.size() < kMostObstacles)
    rollout.obstacles.push_back(
        {kind, std::move(subject), std::move(text), std::move(action), blocks});
}

bool RolloutScene::has(ObstacleKind kind) const {
  return std::any_of(rollout.obstacles.begin(), rollout.obstacles.end(),
                     [&](const Obstacle& one) { return one.kind == kind; });
}

PhaseDurations durations_of(RolloutPhase phase) {
  switch (phase) {
    case RolloutPhase::none:
      return {};
    case RolloutPhase::testing_day:
      return {2 * kWeek, 2 * kWeek};
    // Three weeks of mode testing with the phase before; two where testing began here.
    case RolloutPhase::testing_week:
      return {kWeek, 2 * kWeek};
    case RolloutPhase::enforce_week:
    case RolloutPhase::enforce_month:
    case RolloutPhase::enforce_year:
      return {30 * kDay, 30 * kDay};
  }
  return {};
}

std::optional<RolloutPhase> phase_after(RolloutPhase phase) {
  if (phase == RolloutPhase::enforce_year) return std::nullopt;
  return static_cast<RolloutPhase>(static_cast<uint8_t>(phase) + 1);
}

std::string policy_text(Mode mode, uint64_t max_age_seconds) {
  return fmt::format("mode {} with max_age {}", name_of(mode), max_age_seconds);
}

std::optional<Rollout> rollout_of(const RolloutBasis& basis) {
  std::optional<KnownPolicy> known = known_policy(basis);
  if (!known) return std::nullopt;
  Rollout rollout;
  rollout.phase = known->phase;
  if (basis.history != nullptr) rollout.since = basis.history->phase.since;
  rollout.next = next_of(*known);
  RolloutScene scene{basis, rollout};
  add_all(scene, *known);
  std::stable_sort(
      rollout.obstacles.begin(), rollout.obstacles.end(),
      [](const Obstacle& one, const Obstacle& other) { return one.kind < other.kind; });
  if (rollout.next && is_last_error_open(basis)) rollout.next->earliest.reset();
  rollout.ready = rollout.next && !rollout.next->optional &&
                  std::none_of(rollout.obstacles.begin(), rollout.obstacles.end(),
                               [](const Obstacle& one) { return one.blocks; });
  return rollout;
}

void tell_rollout(Report& report, const Thresholds& thresholds, Time now) {
  if (report.history == nullptr) return;
  const SeenPhase& seen = report.history->phase;
  for (Finding& finding : report.findings)
    if (finding.code() == "sts-mode-testing" && mode_of(seen.phase) == Mode::testing)
      finding.message +=
          fmt::format(", since {} ({})", date_text(seen.mode_since),
                      now - seen.mode_since < kDay ? "today" : about(now - seen.mode_since));
  if (report.rollout && report.rollout->ready) insert(report, due_finding(report, thresholds));
}

}  // namespace mtasts::verdict
