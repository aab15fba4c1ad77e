// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plan: the safe order of changes for one domain, with texts to publish and dates to wait for: the
// emergency stop of enforcement, the retirement of MTA-STS (RFC 8461 §8.3), and a move to other MX
// hosts (§8.1, §5.1). Made of what is served now and of what senders may still hold; what could not
// be seen is assumed, and the plan says so. Every text to publish is inside the grammar, in the
// form all senders agree on. Dates count from `now`: a step done later moves what follows it.
// Pure; any thread. Fails never: with nothing to do, the steps are empty and the summary says why.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "verdict/history/history.h"
#include "verdict/report.h"

namespace mtasts::plan {

enum class PlanKind : uint8_t { rollback, remove, mx_move };
std::string_view name_of(PlanKind kind);  // "rollback", "remove", "mx-move"

// Where the policy comes from that a plan starts from.
enum class PolicyBasis : uint8_t {
  none,        // nothing is known of one
  served,      // served now, and senders use it
  unusable,    // served now, but senders do not use it: as far as it can be read
  remembered,  // not to be had now: the newest one of the history
};

struct PlanInput {
  std::string domain;  // A-labels
  Time now{};
  PolicyBasis basis = PolicyBasis::none;
  verdict::PolicyFacts policy;                     // of use unless `basis` is none
  Time policy_seen{};                              // of a remembered one: when it was last seen
  bool record_missing = false;                     // for certain: DNS says that there is none
  std::string record_id;                           // live; empty: none, or not seen
  std::optional<std::chrono::seconds> record_ttl;  // empty: not known
  std::vector<std::string> mx_hosts;               // live, else remembered
  verdict::HistoryPtr history;                     // null: none
  std::vector<std::string> new_hosts;  // of an MX move, as mx lines may name them; empty: not known
};
PlanInput plan_input(const verdict::Report& report, verdict::HistoryPtr history, Time now);

// Without a policy, and without the certainty that there is no record, there is nothing to start
// from.
bool can_plan(const PlanInput& input);

struct TxtRecord {
  std::string name;   // no final dot
  std::string value;  // "v=STSv1; id=20261102101500"
};

struct PlanStep {
  std::string action;               // one sentence
  std::string why;                  // with the clause of the RFC
  std::string policy;               // to publish, exact octets; empty: none
  std::optional<TxtRecord> record;  // to publish, after the policy where both are there
  std::optional<Time> wait_until;   // what the step asks for lasts until then; whole minutes
  std::string verify;               // a command to paste; empty: none
};

struct Plan {
  PlanKind kind = PlanKind::rollback;
  std::string domain;
  Time at{};
  std::string summary;       // one sentence: what it comes to, or why there is nothing to do
  std::string assumption;    // one sentence: what the dates rest on
  bool placeholder = false;  // kNewHostPlaceholder stands in texts and must be replaced
  std::vector<verdict::HeldPolicy> held;
  std::vector<PlanStep> steps;
};

inline constexpr std::string_view kNewHostPlaceholder = "<new MX host>";

Plan plan_rollback(const PlanInput& input);
Plan plan_remove(const PlanInput& input);
Plan plan_mx_move(const PlanInput& input);
Plan make_plan(PlanKind kind, const PlanInput& input);

}  // namespace mtasts::plan
