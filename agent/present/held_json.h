// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Policies that senders may still have cached, as listed in the JSON of plans and histories. Pure,
// any thread. Includes the JSON library, so include it only in sources that write JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "verdict/history/history.h"

namespace mtasts::present {

inline nlohmann::ordered_json held_json(const std::vector<verdict::HeldPolicy>& held) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const verdict::HeldPolicy& one : held)
    all.push_back({{"mode", name_of(one.policy->mode)},
                   {"max_age", one.policy->max_age_seconds},
                   {"id", one.id},
                   {"last_served", rfc3339(one.last_served)},
                   {"until", rfc3339(one.until)}});
  return all;
}

}  // namespace mtasts::present
