// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Saturating sums of sessions: a report may claim up to 2^53 sessions in each of its rows. Pure,
// any thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "reports/summary.h"

namespace mtasts::report_store {

// Sums of successful, of failed and of sessions of one failure stop here: a few of them can be
// added without an overflow.
inline constexpr uint64_t kMostSessionsCounted = uint64_t{1} << 60;

inline void add_sessions(uint64_t& sum, uint64_t more) {
  sum = std::min(sum, kMostSessionsCounted) + std::min(more, kMostSessionsCounted);
  sum = std::min(sum, kMostSessionsCounted);
}

inline void add_sessions(reports::SessionCounts& sum, const reports::SessionCounts& more) {
  add_sessions(sum.successful, more.successful);
  add_sessions(sum.failed, more.failed);
}

inline void add_sessions(reports::CountsByType& sum, const reports::CountsByType& more) {
  for (size_t i = 0; i < sum.size(); ++i) add_sessions(sum[i], more[i]);
}

// For an order only: sessions of different types are not added up.
inline uint64_t most_sessions(const reports::CountsByType& counts) {
  uint64_t most = 0;
  for (const reports::SessionCounts& one : counts) most = std::max(most, one.total());
  return most;
}

}  // namespace mtasts::report_store
