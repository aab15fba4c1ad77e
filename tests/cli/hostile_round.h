// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One round of hostile evidence, and what judge() and the plans make of it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "board/latest_reports.h"
#include "plan/plan.h"
#include "state/state.h"
#include "verdict/hostile_evidence.h"

namespace mtasts::cli {

using verdict::Hostile;

inline constexpr unsigned kRounds = 250;

// What one round of hostile evidence leads to.
struct Round {
  unsigned seed;
  Hostile hostile{seed};
  verdict::Scene scene = hostile.scene();
  reports::DomainSummary summary =
      hostile.summary(std::chrono::floor<std::chrono::days>(verdict::kNow));
  verdict::ReportPtr report;
  std::vector<plan::Plan> plans;
  state::Timeline timeline;

  explicit Round(unsigned number) : seed(number) {
    auto reported = std::make_shared<const reports::DomainSummary>(summary);
    scene.reported = reported;
    verdict::Report before = scene.judged();
    verdict::Scene later = hostile.scene();  // changes
    later.reported = reported;
    auto judged = std::make_shared<verdict::Report>(
        later.judged_at(verdict::kNow + std::chrono::hours(1), before.history));
    timeline.changes = judged->changes;
    timeline.changes.push_back(
        {verdict::kNow, hostile.text(), hostile.text(), hostile.text(), hostile.text()});
    report = judged;
    scene = std::move(later);
    plan::PlanInput input =
        plan::plan_input(*report, report->history, verdict::kNow + std::chrono::hours(1), reported);
    for (auto kind : {plan::PlanKind::rollback, plan::PlanKind::remove, plan::PlanKind::mx_move,
                      plan::PlanKind::enforce})
      plans.push_back(plan::make_plan(kind, input));
  }

  board::DomainEntry entry() const {
    board::DomainEntry entry;
    entry.name = report->domain;
    entry.report = report;
    entry.reported = std::make_shared<const reports::DomainSummary>(summary);
    return entry;
  }
};

}  // namespace mtasts::cli
