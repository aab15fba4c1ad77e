// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/time.h"

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

std::optional<protocol::ReportPolicyType> worst_type(const CountsByType& counts) {
  std::optional<protocol::ReportPolicyType> worst;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const SessionCounts& one = counts[static_cast<size_t>(type)];
    if (one.total() == 0) continue;
    if (worst) {
      const SessionCounts& most = counts[static_cast<size_t>(*worst)];
      auto rank = [](const SessionCounts& of) { return std::pair(*failure_ratio(of), of.total()); };
      if (rank(one) <= rank(most)) continue;
    }
    worst = type;
  }
  return worst;
}

SessionCounts worst_counts(const CountsByType& counts) {
  auto type = worst_type(counts);
  return type ? counts[static_cast<size_t>(*type)] : SessionCounts();
}

uint64_t failed_sessions(const FailureSummary& failure) {
  uint64_t most = 0;
  for (const SessionCounts& counts : failure.sessions) most = std::max(most, counts.failed);
  return most;
}

std::string day_text(Day day) { return date_text(Time(day)); }

}  // namespace mtasts::reports
