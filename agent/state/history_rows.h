// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A History as rows: scalars and tracks in `domain`, ids, served policies and MX hosts each in
// their table. What moves at every look without anything having changed (the tracks' `seen`, the
// last_seen of the id and the policy still seen) stands in `domain` alone, so that an unchanged
// check writes one row. One thread, that of the database.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "state/database.h"
#include "state/policy_cache.h"
#include "verdict/history/history.h"

namespace mtasts::state {

// What moves at every look.
struct SeenTimes {
  Time record{};
  Time policy{};
  Time mx{};
  Time id{};
  Time served{};
};
SeenTimes seen_times(const verdict::History& history);

// Of everything but those.
int64_t history_hash(const verdict::History& history);

// Writes all but the seen times, in place of what is there. `body` is the policy that is served
// now, where it is at hand. Before the seen times of this look are written.
void write_history(Database& database, int64_t domain, const verdict::History& history,
                   const std::optional<std::string>& body);

verdict::History read_history(Database& database, int64_t domain, PolicyCache& policies);

}  // namespace mtasts::state
