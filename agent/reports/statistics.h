// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Statistics of reported sessions: ratio, band, and the confidence interval that keeps small
// numbers from raising an alarm. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/enum_words.h"
#include "reports/summary.h"

namespace mtasts::reports {

// As operators use them: under 1 % normal, 1 to 5 % watch, over 5 % act.
BOOST_DEFINE_FIXED_ENUM_CLASS(Band, uint8_t, normal, watch, act)
inline std::string_view name_of(Band band) { return enumerator_name(band); }
inline constexpr double kWatchRatio = 0.01;
inline constexpr double kActRatio = 0.05;

// failed / (failed + successful); empty without sessions.
std::optional<double> failure_ratio(const SessionCounts& counts);
// By the plain ratio, for people who look at it. No sessions: normal.
Band band_of(const SessionCounts& counts);

struct Interval {
  double lower = 0;
  double upper = 1;
};
// The 95 % Wilson score interval of the failure ratio. No sessions: [0, 1].
Interval wilson_interval(const SessionCounts& counts);
// The band whose limit lies below the lower end of the interval: for alarms. Fewer than a hundred
// sessions are never watched: 1 of 10 is normal, 156 of 156 is to act on.
Band certain_band(const SessionCounts& counts);

// Over the policy types, without adding sessions of different types up: the type with the highest
// ratio among those with sessions. Empty: there are no sessions.
std::optional<protocol::ReportPolicyType> worst_type(const CountsByType& counts);
// Its counts.
SessionCounts worst_counts(const CountsByType& counts);

// Failed sessions of the policy type with the most: a session under two policies counts in both.
uint64_t failed_sessions(const FailureSummary& failure);
// "2026-11-20".
std::string day_text(Day day);

}  // namespace mtasts::reports
