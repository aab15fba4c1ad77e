// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/history_json.h"

#include <nlohmann/json.hpp>

#include "present/held_json.h"
#include "present/json_text.h"

namespace mtasts::present {

std::string history_json(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now) {
  using Json = nlohmann::ordered_json;
  static const verdict::History kNothing;
  const verdict::History& known = history != nullptr ? *history : kNothing;
  Json changes = Json::array();
  for (const verdict::Change& change : timeline.changes)
    changes.push_back({{"at", rfc3339(change.at)},
                       {"what", change.what},
                       {"subject", change.subject},
                       {"from", change.from},
                       {"to", change.to}});
  Json json = {{"domain", domain},
               {"since", history != nullptr ? Json(rfc3339(known.began)) : Json(nullptr)},
               {"record_changes", known.record.changes},
               {"policy_changes", known.policy.changes},
               {"mx_changes", known.mx.changes},
               {"held", held_json(held_policies(known, now))},
               {"changes", std::move(changes)},
               {"cut", timeline.cut}};
  return json_text(json);
}

}  // namespace mtasts::present
