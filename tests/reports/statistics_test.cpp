// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace mtasts::reports {
namespace {

// The same interval from its definition (Wilson 1927): those ratios p for which the observed ratio
// is within z standard errors sqrt(p (1 - p) / n). Found by bisection instead of by the formula.
double bound(double observed, double n, bool lower) {
  constexpr double z = 1.959963984540054;
  double inside = observed;
  double outside = lower ? 0 : 1;
  for (int step = 0; step < 200; ++step) {
    double middle = (inside + outside) / 2;
    bool within = std::fabs(observed - middle) <= z * std::sqrt(middle * (1 - middle) / n);
    (within ? inside : outside) = middle;
  }
  return inside;
}

SessionCounts counts_of(uint64_t failed, uint64_t total) { return {total - failed, failed}; }

TEST(Wilson, AgreesWithItsDefinition) {
  std::mt19937_64 random(8460);
  for (int round = 0; round < 20000; ++round) {
    uint64_t total = 1 + random() % (uint64_t{1} << (1 + random() % 40));
    uint64_t failed = random() % (total + 1);
    Interval interval = wilson_interval(counts_of(failed, total));
    auto n = static_cast<double>(total);
    double observed = static_cast<double>(failed) / n;
    EXPECT_NEAR(interval.lower, failed == 0 ? 0 : bound(observed, n, true), 1e-9)
        << failed << " of " << total;
    EXPECT_NEAR(interval.upper, failed == total ? 1 : bound(observed, n, false), 1e-9)
        << failed << " of " << total;
    EXPECT_LE(interval.lower, observed + 1e-12);
    EXPECT_GE(interval.upper, observed - 1e-12);
  }
}

TEST(Wilson, RisesWithFailuresAndWithTheNumberOfSessions) {
  for (uint64_t total = 1; total <= 300; ++total) {
    for (uint64_t failed = 1; failed <= total; ++failed)
      EXPECT_GT(wilson_interval(counts_of(failed, total)).lower,
                wilson_interval(counts_of(failed - 1, total)).lower)
          << failed << " of " << total;
    // The same ratio of more sessions is more certain.
    for (uint64_t failed = 1; failed <= total; ++failed)
      EXPECT_GE(wilson_interval(counts_of(2 * failed, 2 * total)).lower,
                wilson_interval(counts_of(failed, total)).lower)
          << failed << " of " << total;
  }
}

TEST(Wilson, ACertainBandIsNeverAboveThePlainOne) {
  std::mt19937_64 random(8461);
  for (int round = 0; round < 50000; ++round) {
    uint64_t total = random() % 3000;
    uint64_t failed = total == 0 ? 0 : random() % (total + 1) / (1 + random() % 50);
    SessionCounts counts = counts_of(failed, total);
    EXPECT_LE(certain_band(counts), band_of(counts)) << failed << " of " << total;
    if (failure_ratio(counts).value_or(0) <= kActRatio) {
      EXPECT_NE(certain_band(counts), Band::act);
    }
    if (failure_ratio(counts).value_or(0) <= kWatchRatio) {
      EXPECT_EQ(certain_band(counts), Band::normal);
    }
  }
}

TEST(Bands, AsOperatorsUseThem) {
  struct Case {
    uint64_t successful, failed;
    Band plain, certain;
  };
  const Case cases[] = {
      {0, 0, Band::normal, Band::normal},       // nothing is known
      {2156, 0, Band::normal, Band::normal},    // clean
      {1842, 3, Band::normal, Band::normal},    // 0.2 %
      {890, 47, Band::act, Band::watch},        // 5.02 %, not certainly over 5 %
      {0, 156, Band::act, Band::act},           // every session
      {150, 2, Band::watch, Band::normal},      // 1.3 %, may be chance
      {9, 1, Band::act, Band::normal},          // 10 %, may be chance
      {99, 1, Band::watch, Band::normal},       // 1 %
      {95000, 5000, Band::watch, Band::watch},  // exactly 5 %
      {940000, 60000, Band::act, Band::act},    // 6 % of many
  };
  for (const Case& c : cases) {
    EXPECT_EQ(band_of({c.successful, c.failed}), c.plain) << c.failed << "+" << c.successful;
    EXPECT_EQ(certain_band({c.successful, c.failed}), c.certain) << c.failed << "+" << c.successful;
  }
}

TEST(SessionCounts, SumsDoNotOverflow) {
  constexpr uint64_t kRow = uint64_t{1} << 53;
  SessionCounts sum;
  for (int row = 0; row < 10000; ++row) {
    SessionCounts before = sum;
    sum += {kRow, kRow / 2};
    ASSERT_GE(sum.successful, before.successful) << row;
    ASSERT_GE(sum.failed, before.failed) << row;
    ASSERT_GE(sum.total(), before.total()) << row;
  }
  EXPECT_EQ(sum, (SessionCounts{kMostSessionsCounted, kMostSessionsCounted}));
  uint64_t sessions = UINT64_MAX;
  add_sessions(sessions, UINT64_MAX);
  EXPECT_EQ(sessions, kMostSessionsCounted);
  SessionCounts small{1, 2};
  small += {3, 4};
  EXPECT_EQ(small, (SessionCounts{4, 6}));
}

TEST(Bands, PolicyTypesAreNotAddedUp) {
  CountsByType counts{};
  counts[0] = {10, 90};
  counts[1] = {1000, 10};
  EXPECT_EQ(worst_counts(counts), counts[0]);
  counts[2] = {100, 900};  // the same ratio of more sessions
  EXPECT_EQ(worst_counts(counts), counts[2]);
  EXPECT_EQ(worst_counts(CountsByType{}), SessionCounts());
}

TEST(SessionCounts, SumsStopBeforeTheyWrap) {
  SessionCounts sum;
  for (int i = 0; i < 3000; ++i)
    sum += SessionCounts{uint64_t{1} << 53, i == 0 ? uint64_t{1} : uint64_t{0}};
  EXPECT_EQ(sum, (SessionCounts{uint64_t{1} << 60, 1}));
}

}  // namespace
}  // namespace mtasts::reports
