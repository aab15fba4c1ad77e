// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plans that are made for a test, each looked through for what every plan keeps to.
#pragma once

#include <string>
#include <vector>

#include "verdict/planned_domain.h"

namespace mtasts::verdict {

inline constexpr const char* kNewHost = "mx.new.example";
inline const PolicyFacts kMonthOld =
    facts(protocol::Mode::enforce, kMonth_seconds, {"mx1.example.com", "mx2.example.com"});

// Expects that the plan is sound: texts that lint takes, ids that differ, sentences, whole minutes.
Plan made(PlanKind kind, const Report& report, HistoryPtr history = nullptr,
          std::vector<std::string> new_hosts = {}, Time now = kPlanNow);
Plan rollback(const Report& report, HistoryPtr history = nullptr);
Plan removal(const Report& report, HistoryPtr history = nullptr);
Plan move(const Report& report, HistoryPtr history = nullptr, std::vector<std::string> hosts = {});

// One letter for what a step is about: p policy, r record, b both, w wait, - neither.
std::string shape(const Plan& plan);
std::vector<std::string> waits(const Plan& plan);

}  // namespace mtasts::verdict
