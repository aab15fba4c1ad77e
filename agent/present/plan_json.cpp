// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/plan_json.h"

#include <nlohmann/json.hpp>

#include "present/held_json.h"

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
  if (step.wait_until) json["wait_until"] = rfc3339(*step.wait_until);
  return json;
}

}  // namespace

std::string plan_json(const plan::Plan& plan) {
  Json steps = Json::array();
  for (const plan::PlanStep& step : plan.steps) steps.push_back(step_json(step, steps.size() + 1));
  Json json = {{"domain", plan.domain},         {"kind", name_of(plan.kind)},
               {"at", rfc3339(plan.at)},        {"summary", plan.summary},
               {"assumption", plan.assumption}, {"placeholder", plan.placeholder},
               {"held", held_json(plan.held)},  {"steps", std::move(steps)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mtasts::present
