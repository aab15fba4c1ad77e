// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What TLS reports mean for the rollout of a domain.
#include <gtest/gtest.h>

#include <functional>

#include "verdict/history/rollout_walk.h"
#include "verdict/reported_scene.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;

// A sender that reports each day; failures from `failing` days on, for `for_days`.
std::function<reports::DomainSummaryPtr(Time)> daily(const IntroducedDomain& domain,
                                                     uint64_t sessions, int failing = -1,
                                                     int for_days = 0) {
  Time start = domain.start;
  return [=](Time now) -> reports::DomainSummaryPtr {
    auto today = std::chrono::floor<std::chrono::days>(now);
    auto first = std::chrono::floor<std::chrono::days>(start);
    // The report about yesterday arrives in the morning.
    auto last =
        now - Time(today) < hours(6) ? today - std::chrono::days(2) : today - std::chrono::days(1);
    Reported made;
    made.summary.to = today;
    made.summary.from = today - std::chrono::days(7);
    made.summary.totals.reports = 1;
    reports::OrganizationSummary one;
    one.name = "Example";
    one.submitter = "example.net";
    uint64_t failed = 0;
    for (auto day = first; day <= last; day += std::chrono::days(1)) {
      int ago = static_cast<int>((today - day).count());
      if (ago >= 64) continue;
      one.days |= reports::DayBits{1} << ago;
      made.summary.totals.counts[kSts].successful += sessions;
      if (ago > 7) continue;
      int since = static_cast<int>((day - first).count());
      bool fails = failing >= 0 && since >= failing && since < failing + for_days;
      failed += fails ? sessions / 5 : 0;
      reports::SessionCounts counts{sessions, fails ? sessions / 5 : 0};
      one.counts[kSts] += counts;
      one.authenticated_counts[kSts] += counts;
    }
    made.summary.organizations.push_back(one);
    if (failed > 0) {
      auto& failure =
          made.failure(ResultType::starttls_not_supported, "mx1.example.com", failed, {"Example"});
      failure.first_day = made.summary.from;
      failure.last_day = last;
    }
    return made.take();
  };
}

TEST(Rollout, ReportsOffIsToldAndWaitsForNothing) {
  IntroducedDomain domain = in_testing();
  EXPECT_EQ(days_until_ready(domain), 14);
  EXPECT_TRUE(domain.has(ObstacleKind::reports_off));
}

TEST(Rollout, EnoughReportsWithoutFailuresNeedNoMoreTime) {
  IntroducedDomain domain = in_testing();
  domain.reported = daily(domain, 50);
  EXPECT_EQ(days_until_ready(domain), 14) << domain.problems();
  EXPECT_FALSE(domain.has(ObstacleKind::few_reports));
  domain.ready_changes = 0;
  domain.check_for(kOneDay * 10);
  EXPECT_EQ(domain.ready_changes, 0) << "whatever day it is";
}

TEST(Rollout, ADomainWithoutReportsWaitsTwiceAsLong) {
  IntroducedDomain domain = in_testing();
  domain.reported = [](Time) { return Reported().take(); };
  domain.check_for(kOneDay * 15);
  EXPECT_FALSE(domain.rollout().ready);
  EXPECT_NE(action_of(domain, ObstacleKind::few_reports).find("0 sessions on 0 days"),
            std::string::npos)
      << domain.problems();
  int days = days_until_ready(domain);
  EXPECT_GE(days, 12);
  EXPECT_LE(days, 13);
}

TEST(Rollout, ReportedFailuresRestartTheCount) {
  IntroducedDomain domain = in_testing();
  domain.reported = daily(domain, 50, 6, 3);
  domain.check_for(kOneDay * 9);
  EXPECT_TRUE(domain.has(ObstacleKind::failures_reported)) << domain.problems();
  std::string text = action_of(domain, ObstacleKind::failures_reported);
  EXPECT_NE(text.find("starttls-not-supported"), std::string::npos) << text;
  EXPECT_NE(text.find("1 organization did"), std::string::npos) << text;
  int days = days_until_ready(domain);
  EXPECT_GE(domain.days(), 9 + 7 + 13) << "the last failure leaves the window, then two weeks";
  EXPECT_LE(days, 24);
}

}  // namespace
}  // namespace mtasts::verdict
