// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Deletes what is about past days from the tables of the state file, in bounded steps. Database
// thread only.
#pragma once

#include <cstdint>

#include "state/database.h"

namespace mtasts::report_store {

// A domain without reports keeps its totals for so long after its last one: counters and the time
// of the last report do not vanish while somebody may look at them.
inline constexpr int64_t kTotalsKept_days = 400;

// One transaction: a few thousand rows, tens of milliseconds at most. True: more is left. Latches
// an error in the database.
bool purge_reports(state::Database& database, int64_t before);

}  // namespace mtasts::report_store
