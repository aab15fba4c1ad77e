// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/plan_json.h"

#include <nlohmann/json.hpp>

#include "present/held_json.h"
#include "present/json_text.h"
#include "present/rollout_json.h"

namespace mtasts::present {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json step_json(const plan::PlanStep& step, size_t number) {
  Json json = {{"number", number},
               {"action", step.action},
               {"why", step.why},
               {"policy", or_null(step.policy)},
               {"record", nullptr},
               {"wait_until", nullptr},
               {"verify", or_null(step.verify)}};
  if (step.record) json["record"] = {{"name", step.record->name}, {"value", step.record->value}};
  if (!step.settings.empty()) json["settings"] = step.settings;
  if (step.wait_until) json["wait_until"] = rfc3339(*step.wait_until);
  return json;
}

Json outline_json(const std::vector<plan::PlannedPhase>& outline) {
  Json list = Json::array();
  for (const plan::PlannedPhase& one : outline) {
    list.push_back(phase_json(one.phase, one.mode, one.max_age_seconds, one.optional));
    list.back()["earliest"] = rfc3339(one.earliest);
  }
  return list;
}

}  // namespace

std::string plan_json(const plan::Plan& plan) {
  Json steps = Json::array();
  for (const plan::PlanStep& step : plan.steps) steps.push_back(step_json(step, steps.size() + 1));
  Json json = {{"domain", plan.domain},         {"kind", name_of(plan.kind)},
               {"at", rfc3339(plan.at)},        {"summary", plan.summary},
               {"assumption", plan.assumption}, {"placeholder", plan.placeholder},
               {"held", held_json(plan.held)},  {"steps", std::move(steps)}};
  if (plan.kind == plan::PlanKind::rollback) json["senders"] = plan.senders;
  if (plan.kind == plan::PlanKind::enforce) {
    json["rollout"] = plan.rollout ? rollout_json(*plan.rollout) : Json(nullptr);
    json["outline"] = outline_json(plan.outline);
  }
  return json_text(json);
}

}  // namespace mtasts::present
