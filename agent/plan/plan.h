// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plan: the safe order of changes for one domain, with texts to publish and times to wait for: the
// emergency stop of enforcement, the removal of MTA-STS (RFC 8461 §8.3), a move to other MX hosts
// (§8.1, §5.1), and the next step towards mode enforce (§10.2). Based on what is served now and on
// what senders may still hold; what could not be observed is assumed, and the plan states the
// assumption. Every text to publish is syntactically valid, in the form that all senders interpret
// alike. Times count from `now`: delaying a step delays those after it. Pure; any thread. Never
// fails: if there is nothing to do, the steps are empty and the summary says why.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "reports/summary.h"
#include "verdict/history/history.h"
#include "verdict/report.h"
#include "verdict/rollout.h"

namespace mtasts::plan {

enum class PlanKind : uint8_t { rollback, remove, mx_move, enforce };
std::string_view name_of(PlanKind kind);  // "rollback", "remove", "mx-move", "enforce"

// The source of the policy from which a plan starts.
enum class PolicyBasis : uint8_t {
  none,        // no policy is known
  served,      // served now and used by senders
  unusable,    // served now, but not used by senders: parsed as far as possible
  remembered,  // not available now: the newest one of the history
};

// The [[policy]] of the settings from which the agent serves the policy of the domain.
struct HostedSource {
  protocol::Mode mode = protocol::Mode::testing;
  std::vector<std::string> mx;
  uint64_t max_age_seconds = 0;
  std::vector<std::string> domains;  // of this [[policy]], with the domain of the plan
};

struct PlanInput {
  std::string domain;  // A-labels
  Time now{};
  PolicyBasis basis = PolicyBasis::none;
  verdict::PolicyFacts policy;                     // valid unless `basis` is none
  Time policy_seen{};                              // if remembered: when it was last observed
  bool record_missing = false;                     // conclusive: DNS says that there is none
  std::string record_id;                           // live; empty: none, or not observed
  std::optional<std::chrono::seconds> record_ttl;  // empty: unknown
  std::vector<std::string> mx_hosts;               // live, else remembered
  verdict::HistoryPtr history;                     // null: none
  std::vector<std::string> new_hosts;  // of an MX move, as mx lines may name them; empty: unknown
  std::optional<HostedSource> hosted;  // empty: something else serves the policy
  reports::DomainSummaryPtr reported;  // null: TLS reports are not taken in
  std::optional<verdict::Rollout> rollout;  // empty: too little was observed
};
PlanInput plan_input(const verdict::Report& report, verdict::HistoryPtr history, Time now,
                     reports::DomainSummaryPtr reported = nullptr);

// False when no policy is known; then, unless `record_missing`, there is nothing to start from.
bool can_plan(const PlanInput& input);

struct TxtRecord {
  std::string name;   // no final dot
  std::string value;  // "v=STSv1; id=20261102101500"
};

struct PlanStep {
  std::string action;                 // one sentence
  std::string why;                    // cites the section of the RFC
  std::string policy;                 // to publish, exact octets; empty: none
  std::vector<std::string> settings;  // lines of the [[policy]] that serves it; empty: none
  std::optional<TxtRecord> record;    // to publish; after the policy if both are present
  std::optional<Time> wait_until;     // the step lasts until then; whole minutes
  std::string verify;                 // a shell command; empty: none
};

// A later phase of the rollout, in outline.
struct PlannedPhase {
  verdict::RolloutPhase phase = verdict::RolloutPhase::none;
  protocol::Mode mode = protocol::Mode::testing;
  uint64_t max_age_seconds = 0;
  bool optional = false;
  Time earliest{};
};

struct Plan {
  PlanKind kind = PlanKind::rollback;
  std::string domain;
  Time at{};
  std::string summary;       // one sentence: the result, or why there is nothing to do
  std::string assumption;    // one sentence: what the times are based on
  bool placeholder = false;  // texts contain kNewHostPlaceholder, which must be replaced
  std::vector<verdict::HeldPolicy> held;
  std::vector<PlanStep> steps;
  // Of a rollback: how long which sender takes, one sentence each.
  std::vector<std::string> senders;
  // Of enforce: where the domain is, what speaks against the next step, and what follows it.
  std::optional<verdict::Rollout> rollout;
  std::vector<PlannedPhase> outline;
};

inline constexpr std::string_view kNewHostPlaceholder = "<new MX host>";

Plan plan_rollback(const PlanInput& input);
Plan plan_remove(const PlanInput& input);
Plan plan_mx_move(const PlanInput& input);
Plan plan_enforce(const PlanInput& input);
Plan make_plan(PlanKind kind, const PlanInput& input);

}  // namespace mtasts::plan
