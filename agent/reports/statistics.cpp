// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/statistics.h"

#include <cmath>

namespace mtasts::reports {
namespace {

constexpr double kZ = 1.959963984540054;  // 97.5 % quantile of the standard normal distribution

}  // namespace

std::optional<double> failure_ratio(const SessionCounts& counts) {
  if (counts.total() == 0) return std::nullopt;
  return static_cast<double>(counts.failed) / static_cast<double>(counts.total());
}

Band band_of(const SessionCounts& counts) {
  double ratio = failure_ratio(counts).value_or(0);
  if (ratio > kActRatio) return Band::act;
  return ratio >= kWatchRatio ? Band::watch : Band::normal;
}

Interval wilson_interval(const SessionCounts& counts) {
  if (counts.total() == 0) return {};
  auto n = static_cast<double>(counts.total());
  double p = static_cast<double>(counts.failed) / n;
  double z2 = kZ * kZ;
  double centre = p + z2 / (2 * n);
  double spread = kZ * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  double scale = 1 + z2 / n;
  return {std::fmax(0, (centre - spread) / scale), std::fmin(1, (centre + spread) / scale)};
}

Band certain_band(const SessionCounts& counts) {
  double lower = wilson_interval(counts).lower;
  if (counts.failed == 0) return Band::normal;
  if (lower > kActRatio) return Band::act;
  // Of fewer than a hundred sessions, one that fails is more than one in a hundred already.
  bool resolves = static_cast<double>(counts.total()) * kWatchRatio >= 1;
  return resolves && lower > kWatchRatio ? Band::watch : Band::normal;
}

SessionCounts worst_counts(const CountsByType& counts) {
  SessionCounts worst;
  for (const SessionCounts& one : counts) {
    if (one.total() == 0) continue;
    bool higher = worst.total() == 0 || *failure_ratio(one) > *failure_ratio(worst);
    bool larger = worst.total() != 0 && *failure_ratio(one) == *failure_ratio(worst) &&
                  one.total() > worst.total();
    if (higher || larger) worst = one;
  }
  return worst;
}

}  // namespace mtasts::reports
