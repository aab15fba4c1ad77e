// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Makes plans for tests and checks the invariants of every plan.
#pragma once

#include <string>
#include <vector>

#include "plan/planned_domain.h"

namespace mtasts::plan {

inline constexpr const char* kNewHost = "mx.new.example";
inline const verdict::PolicyFacts kMonthOld =
    facts(protocol::Mode::enforce, kMonth_seconds, {"mx1.example.com", "mx2.example.com"});

// Expects that the plan is sound: texts that lint accepts, distinct ids, sentences, whole minutes.
Plan made(PlanKind kind, const verdict::Report& report, verdict::HistoryPtr history = nullptr,
          std::vector<std::string> new_hosts = {}, Time now = kPlanNow);
Plan rollback(const verdict::Report& report, verdict::HistoryPtr history = nullptr);
Plan removal(const verdict::Report& report, verdict::HistoryPtr history = nullptr);
Plan move(const verdict::Report& report, verdict::HistoryPtr history = nullptr,
          std::vector<std::string> hosts = {});

// One letter per step: p policy, r record, b both, w wait, - neither.
std::string shape(const Plan& plan);
std::vector<std::string> waits(const Plan& plan);

}  // namespace mtasts::plan
