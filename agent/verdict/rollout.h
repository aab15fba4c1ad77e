// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rollout: where a domain is on the way from nothing to mode enforce with a long max_age (RFC 8461
// §5, §10.2), what the next step is, and what speaks against it. From what is observed now, what is
// remembered, and what senders report. Pure; any thread.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "base/time.h"
#include "protocol/sts/sts_policy.h"
#include "reports/summary.h"
#include "verdict/history/history.h"
#include "verdict/history/rollout_phase.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

struct Report;

//   not_published      no policy is in use: no record, or no policy to it
//   withdrawn          the policy is in mode none
//   no_history         nothing is remembered, so it is not known since when anything holds
//   unsettled          another policy was seen once and awaits a second check
//   finding            an open critical or warning finding
//   unseen             a part of the domain was not observed
//   too_early          the phase was not long enough without errors
//   certificate        ends within the next max_age, and was never seen to be renewed
//   no_tlsrpt          no TLSRPT record could be used, so nobody would report failures
//   few_reports        too few sessions are reported to know
//   failures_reported  senders report more failures than is normal
//   reports_off        TLS reports are not taken in
BOOST_DEFINE_FIXED_ENUM_CLASS(ObstacleKind, uint8_t, not_published, withdrawn, no_history,
                              unsettled, finding, unseen, too_early, certificate, no_tlsrpt,
                              few_reports, failures_reported, reports_off)
inline std::string_view name_of(ObstacleKind kind) { return enumerator_name(kind); }

struct Obstacle {
  ObstacleKind kind = ObstacleKind::finding;
  std::string subject;  // the code of a finding, the host of a certificate; else empty
  std::string text;     // one sentence
  std::string action;   // what to do, one sentence
  bool blocks = true;   // false: worth knowing, but the next step need not wait for it

  bool operator==(const Obstacle&) const = default;
};
BOOST_DESCRIBE_STRUCT(Obstacle, (), (kind, subject, text, action, blocks))

// The policy to publish next.
struct NextStep {
  RolloutPhase phase = RolloutPhase::none;
  protocol::Mode mode = protocol::Mode::testing;
  uint64_t max_age_seconds = 0;
  bool optional = false;         // the rollout is complete without it
  std::optional<Time> earliest;  // from then on, if nothing else speaks against it; past: since
                                 // then. Empty: counted only once the errors are gone.

  bool operator==(const NextStep&) const = default;
};
BOOST_DESCRIBE_STRUCT(NextStep, (), (phase, mode, max_age_seconds, optional, earliest))

struct Rollout {
  RolloutPhase phase = RolloutPhase::none;
  Time since{};                     // epoch: not known
  std::optional<NextStep> next;     // empty: there is none
  std::vector<Obstacle> obstacles;  // by kind; at most kMostObstacles
  bool ready = false;  // the next step is due: it is not optional, and nothing blocks it

  bool operator==(const Rollout&) const = default;
};
BOOST_DESCRIBE_STRUCT(Rollout, (), (phase, since, next, obstacles, ready))

inline constexpr size_t kMostObstacles = 24;

struct RolloutBasis {
  const Report& report;
  const History* history = nullptr;                  // includes the report's check; null: none
  const reports::DomainSummary* reported = nullptr;  // null: TLS reports are not taken in
  Time now{};
};
// Empty: too little was observed to say in which phase the domain is.
std::optional<Rollout> rollout_of(const RolloutBasis& basis);

// How long a phase must last, and be without errors, before the next one.
struct PhaseDurations {
  std::chrono::hours in_phase{0};
  std::chrono::hours without_errors{0};
};
PhaseDurations durations_of(RolloutPhase phase);
// The phase after it; empty: there is none.
std::optional<RolloutPhase> phase_after(RolloutPhase phase);

// TLS reports of these days name failures above the limit of one in a hundred.
bool are_failures_reported(const reports::DomainSummary* reported);

// "mode testing with max_age 604800".
std::string policy_text(protocol::Mode mode, uint64_t max_age_seconds);

// Adds to the findings of `report` what its history and `report.rollout` say: since when the mode
// is testing, and that the next step is due.
void tell_rollout(Report& report, const Thresholds& thresholds, Time now);

// The parts of rollout_of().
struct RolloutScene {
  const RolloutBasis& basis;
  Rollout& rollout;

  void add(ObstacleKind kind, std::string subject, std::string text, std::string action,
           bool blocks = true);
  bool has(ObstacleKind kind) const;
};
void add_findings(RolloutScene& scene);
void add_unseen(RolloutScene& scene);
void add_certificates(RolloutScene& scene);
void add_reported(RolloutScene& scene);

}  // namespace mtasts::verdict
