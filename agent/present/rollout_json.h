// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rollout of a domain (verdict/rollout.h) in the JSON of reports and plans. Pure, any thread.
// Includes the JSON library, so include it only in sources that write JSON.
#pragma once

#include <nlohmann/json.hpp>

#include "verdict/rollout.h"

namespace mtasts::present {

inline nlohmann::ordered_json phase_json(verdict::RolloutPhase phase, protocol::Mode mode,
                                         uint64_t max_age_seconds, bool optional) {
  return {{"phase", name_of(phase)},
          {"mode", name_of(mode)},
          {"max_age", max_age_seconds},
          {"optional", optional}};
}

inline nlohmann::ordered_json rollout_json(const verdict::Rollout& rollout) {
  nlohmann::ordered_json obstacles = nlohmann::ordered_json::array();
  for (const verdict::Obstacle& one : rollout.obstacles)
    obstacles.push_back({{"kind", name_of(one.kind)},
                         {"subject", one.subject.empty() ? nlohmann::ordered_json()
                                                         : nlohmann::ordered_json(one.subject)},
                         {"text", one.text},
                         {"action", one.action},
                         {"blocks", one.blocks}});
  nlohmann::ordered_json json = {{"phase", name_of(rollout.phase)},
                                 {"since", nullptr},
                                 {"ready", rollout.ready},
                                 {"next", nullptr},
                                 {"obstacles", std::move(obstacles)}};
  if (rollout.since != kNever) json["since"] = rfc3339(rollout.since);
  if (rollout.next) {
    const verdict::NextStep& next = *rollout.next;
    json["next"] = phase_json(next.phase, next.mode, next.max_age_seconds, next.optional);
    json["next"]["earliest"] = next.earliest ? nlohmann::ordered_json(rfc3339(*next.earliest))
                                             : nlohmann::ordered_json(nullptr);
  }
  return json;
}

}  // namespace mtasts::present
