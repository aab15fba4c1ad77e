// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Saturating sums of sessions by policy type. Pure, any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reports/summary.h"
#include "state/database.h"

namespace mtasts::report_store {

using reports::add_sessions;
using reports::kMostSessionsCounted;

inline void add_sessions(reports::SessionCounts& sum, const reports::SessionCounts& more) {
  sum += more;
}

inline void add_sessions(reports::CountsByType& sum, const reports::CountsByType& more) {
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

// A number of sessions as a row has it.
inline uint64_t sessions_at(const state::Rows& rows, int column) {
  return static_cast<uint64_t>(rows.bounded(column, 0, int64_t{kMostSessionsCounted}));
}

// For an order only: sessions of different types are not added up.
inline uint64_t most_sessions(const reports::CountsByType& counts) {
  uint64_t most = 0;
  for (const reports::SessionCounts& one : counts) most = std::max(most, one.total());
  return most;
}

}  // namespace mtasts::report_store
