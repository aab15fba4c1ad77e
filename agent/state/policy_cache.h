// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyCache: the rows of policy_body, one per body whatever number of domains serves it, and one
// shared PolicyFacts per row that is read. Database thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "state/database.h"
#include "verdict/history/history.h"

namespace mtasts::state {

// The row of these facts, inserted if missing; `body` is the one they were parsed from, if
// available. Empty when the database failed, or when the facts have no digest.
std::optional<int64_t> intern_policy(Database& database, const verdict::PolicyFacts& facts,
                                     const std::optional<std::string>& body);

class PolicyCache {
 public:
  // Null when there is no such row.
  verdict::PolicyFactsPtr find(Database& database, int64_t id);

 private:
  std::unordered_map<int64_t, verdict::PolicyFactsPtr> read_;
};

}  // namespace mtasts::state
