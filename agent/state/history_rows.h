// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A History as rows: scalars and tracks in `domain`; ids, served policies and MX hosts each in
// their table. Times that advance at every check (the tracks' `seen`, last_seen of the current id
// and policy) are stored in `domain` alone, so that an unchanged check writes one row. Database
// thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/database.h"
#include "state/policy_cache.h"
#include "verdict/history/history.h"

namespace mtasts::state {

// Times that advance at every check.
struct SeenTimes {
  Time record{};
  Time policy{};
  Time mx{};
  Time id{};
  Time served{};
};
SeenTimes seen_times(const verdict::History& history);

// Of everything except SeenTimes.
int64_t history_hash(const verdict::History& history);

// Replaces all rows, except the seen times. `body` is that of the policy served now, if available.
// Call before the seen times of this check are written.
void write_history(Database& database, int64_t domain, const verdict::History& history,
                   const std::optional<std::string>& body);

verdict::History read_history(Database& database, int64_t domain, PolicyCache& policies);

}  // namespace mtasts::state
