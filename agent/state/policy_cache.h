// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyCache: the rows of policy_body, one for each body whoever serves it, and one shared
// PolicyFacts for each row that is read. One thread, that of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "state/database.h"
#include "verdict/history/history.h"

namespace mtasts::state {

// The row of these facts, made when there is none; `body` is the one they were read from, where it
// is at hand. Empty when the database failed, or when the facts have no digest.
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
