// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rollout of a domain over months, without and with setbacks.
#include "verdict/rollout.h"

#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/history/rollout_walk.h"

namespace mtasts::verdict {
namespace {

using protocol::Mode;
using std::chrono::hours;
using std::chrono::minutes;

TEST(Rollout, WalksThroughAllPhasesWithoutFaults) {
  IntroducedDomain domain;
  domain.check_for(hours(48));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::none);
  EXPECT_FALSE(domain.rollout().ready);
  EXPECT_TRUE(domain.has(ObstacleKind::not_published));
  EXPECT_NE(action_of(domain, ObstacleKind::not_published).find("generate all example.com"),
            std::string::npos);
  EXPECT_FALSE(domain.has(ObstacleKind::finding)) << domain.problems();

  domain.publish(Mode::testing, kDay_seconds);
  domain.check();
  domain.check(minutes(1));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::testing_day);
  Time began = domain.rollout().since;
  EXPECT_TRUE(domain.has(ObstacleKind::too_early));
  EXPECT_EQ(domain.rollout().next->earliest, began + kOneDay * 14);

  ASSERT_TRUE(domain.take_next_step(kOneDay * 15));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::testing_week);
  ASSERT_TRUE(domain.take_next_step(kOneDay * 8));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::enforce_week);
  EXPECT_GE(domain.rollout().since - began, kOneDay * 21) << "three weeks of mode testing";
  ASSERT_TRUE(domain.take_next_step(kOneDay * 31));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::enforce_month);
  EXPECT_EQ(domain.ready_changes, 6) << "due three times, and never in doubt in between";

  domain.check_for(kOneDay * 60);
  EXPECT_FALSE(domain.rollout().ready) << "what follows is optional";
  ASSERT_TRUE(domain.rollout().next.has_value());
  EXPECT_TRUE(domain.rollout().next->optional);
  EXPECT_LT(domain.rollout().next->max_age_seconds, protocol::kMaxAgeLimit_seconds);
  EXPECT_EQ(domain.report.outcome, Outcome::ok) << summary(domain.report);
}

TEST(Rollout, TheFindingSaysWhatToPublish) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  EXPECT_EQ(days_until_ready(domain), 14) << "two weeks where testing began with a week";
  domain.check_for(hours(5));
  const Finding* due = find(domain.report, "sts-ready-for-next-phase");
  ASSERT_NE(due, nullptr);
  EXPECT_EQ(due->severity, Severity::info);
  EXPECT_EQ(due->message,
            "Since 2026-03-15 nothing speaks against the next step: mode enforce with max_age "
            "604800");
  EXPECT_EQ(due->fix,
            "Publish the policy with mode: enforce and max_age: 604800, then the record with a new "
            "id; mtasts-exporter plan enforce example.com prints both.");
  EXPECT_EQ(due->verify, "mtasts-exporter plan enforce example.com");
  EXPECT_EQ(domain.report.stage(Stage::change), StageResult::pass);
  const Finding* testing = find(domain.report, "sts-mode-testing");
  ASSERT_NE(testing, nullptr);
  EXPECT_TRUE(testing->message.ends_with(", since 2026-03-01 (14 days)")) << testing->message;
}

TEST(Rollout, ModeTestingCountsFromItsBeginningNotFromALongerMaxAge) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 20);
  domain.publish(Mode::testing, 7 * kDay_seconds);
  domain.check_for(kOneDay * 3);
  EXPECT_TRUE(find(domain.report, "sts-mode-testing")->message.ends_with("(23 days)"));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::testing_week);
  EXPECT_LE(domain.rollout().since - domain.start, kOneDay * 20 + hours(3));
}

// --- Setbacks

TEST(Rollout, ACertificateThatExpiresRestartsTheCount) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 5);
  domain.disturb = mx_chain(with_fault(protocol::ChainFault::expired));
  domain.check_for(hours(10));
  EXPECT_TRUE(domain.has(ObstacleKind::finding)) << domain.problems();
  EXPECT_FALSE(domain.rollout().next->earliest.has_value());
  domain.disturb = nullptr;
  Time fixed = domain.now;
  domain.check();
  EXPECT_EQ(domain.rollout().next->earliest, fixed + kOneDay * 14);
  EXPECT_NE(action_of(domain, ObstacleKind::too_early).find("the last error was cert-expired"),
            std::string::npos)
      << domain.problems();
  EXPECT_EQ(days_until_ready(domain), 13);
}

TEST(Rollout, AnUncoveredMxRestartsTheCount) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 8);
  domain.disturb = [](Scene& scene) {
    scene.set_mx({"mx1.example.com", "mx2.example.com", "mx3.example.com"});
  };
  domain.check_for(kOneDay);
  EXPECT_NE(action_of(domain, ObstacleKind::finding).find("mx3.example.com"), std::string::npos)
      << domain.problems();
  domain.disturb = nullptr;
  EXPECT_GE(days_until_ready(domain), 13);
}

TEST(Rollout, OneDisturbedCheckIsNoSetback) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 6);
  domain.disturb = mx_chain(with_fault(protocol::ChainFault::expired));
  domain.check();
  EXPECT_FALSE(domain.rollout().ready);
  domain.disturb = nullptr;
  EXPECT_LE(days_until_ready(domain), 8);
  EXPECT_LE(domain.days(), 14);
}

TEST(Rollout, AFaultThatComesAndGoesIsASetback) {
  IntroducedDomain domain = in_testing();
  for (int i = 0; i < 24 * 30; ++i) {
    domain.disturb = nullptr;
    if (i % 10 == 3) domain.disturb = mx_chain(with_fault(protocol::ChainFault::expired));
    domain.check();
    EXPECT_FALSE(domain.rollout().ready);
  }
}

TEST(Rollout, ABlindWeekIsNotCounted) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 7);
  domain.disturb = [](Scene& scene) {
    scene.lose(ChannelKind::smtp);
    for (auto& host : scene.hosts)
      for (auto& attempt : host.attempts) {
        IpAddress address = attempt.address;
        attempt = protocol::SmtpAttempt();
        attempt.address = address;
        attempt.status = protocol::SmtpStatus::connect_timeout;
      }
  };
  domain.check();
  EXPECT_FALSE(domain.has(ObstacleKind::unseen)) << "an hour is no gap: " << domain.problems();
  domain.check_for(kOneDay * 7);
  EXPECT_TRUE(domain.has(ObstacleKind::unseen)) << domain.problems();
  EXPECT_NE(action_of(domain, ObstacleKind::unseen).find("smtp"), std::string::npos);
  EXPECT_FALSE(domain.rollout().ready);
  domain.disturb = nullptr;
  int days = days_until_ready(domain);
  EXPECT_GE(days, 6);
  EXPECT_LE(days, 7);
}

TEST(Rollout, AnAgentThatStoodStillKnowsNothingOfThatTime) {
  IntroducedDomain domain = in_testing();
  domain.check_for(kOneDay * 10);
  domain.check(minutes(60 * 24 * 30));
  EXPECT_FALSE(domain.rollout().ready) << domain.problems();
  EXPECT_GE(days_until_ready(domain), 3);
}

TEST(Rollout, AStepBackRestartsTheCount) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  ASSERT_TRUE(domain.take_next_step(kOneDay * 15));
  domain.check_for(kOneDay * 3);
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::enforce_week);
  domain.publish(Mode::testing, kDay_seconds);
  domain.check_for(hours(3));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::testing_day);
  EXPECT_FALSE(domain.rollout().ready);
  EXPECT_GE(days_until_ready(domain), 13);
  EXPECT_EQ(domain.rollout().next->phase, RolloutPhase::testing_week);
}

TEST(Rollout, APolicyThatIsGoneForAWhileKeepsItsPhase) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.check_for(kOneDay * 3);
  Time since = domain.rollout().since;
  domain.disturb = [](Scene& scene) {
    scene.for_each_fetch([](auto& attempt) { attempt.http_status = 404; });
  };
  domain.check_for(hours(5));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::testing_week);
  EXPECT_TRUE(domain.has(ObstacleKind::finding));
  domain.disturb = nullptr;
  domain.check();
  EXPECT_EQ(domain.rollout().since, since);
}

TEST(Rollout, ARemovedRecordIsTheEnd) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.check_for(kOneDay * 20);
  EXPECT_TRUE(domain.rollout().ready);
  domain.id.reset();
  domain.check_for(hours(3));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::none);
  EXPECT_FALSE(domain.rollout().ready);
}

TEST(Rollout, ModeNoneIsNotAPhase) {
  IntroducedDomain domain;
  domain.publish(Mode::none, kDay_seconds);
  domain.check_for(kOneDay * 40);
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::none);
  EXPECT_TRUE(domain.has(ObstacleKind::withdrawn)) << domain.problems();
  EXPECT_FALSE(domain.rollout().ready);
}

// --- Certificates

TEST(Rollout, ACertificateThatNobodyRenewsStopsALongMaxAge) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.renews = false;
  domain.lifetime_days = 100;  // not yet expiring, and not renewed
  ASSERT_TRUE(domain.take_next_step(kOneDay * 15));
  domain.check_for(kOneDay * 28);
  EXPECT_FALSE(domain.has(ObstacleKind::finding)) << domain.problems();
  EXPECT_TRUE(domain.has(ObstacleKind::certificate)) << domain.problems();
  EXPECT_NE(action_of(domain, ObstacleKind::certificate).find("mx2.example.com"),
            std::string::npos);
}

TEST(Rollout, ACertificateThatWasRenewedIsTrustedToBeAgain) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.check_for(kOneDay * 75);  // each was renewed once
  ASSERT_TRUE(domain.take_next_step(kOneDay * 15));
  for (int day = 0; day < 29; ++day) {
    domain.check_for(kOneDay);
    EXPECT_FALSE(domain.has(ObstacleKind::certificate)) << domain.problems();
  }
}

// --- Values between the phases

TEST(Rollout, ValuesInBetweenBelongToThePhaseTheyReached) {
  struct Case {
    Mode mode;
    uint64_t max_age;
    RolloutPhase phase;
  };
  for (const Case& each : std::vector<Case>{{Mode::testing, 0, RolloutPhase::testing_day},
                                            {Mode::testing, 86399, RolloutPhase::testing_day},
                                            {Mode::testing, 172800, RolloutPhase::testing_day},
                                            {Mode::testing, 604800, RolloutPhase::testing_week},
                                            {Mode::testing, 31557600, RolloutPhase::testing_week},
                                            {Mode::enforce, 3600, RolloutPhase::enforce_week},
                                            {Mode::enforce, 1209600, RolloutPhase::enforce_week},
                                            {Mode::enforce, 2592000, RolloutPhase::enforce_month},
                                            {Mode::enforce, 15768000, RolloutPhase::enforce_month},
                                            {Mode::enforce, 31536000, RolloutPhase::enforce_year},
                                            {Mode::none, 86400, RolloutPhase::none}})
    EXPECT_EQ(phase_of(each.mode, each.max_age), each.phase)
        << name_of(each.mode) << " " << each.max_age;
}

TEST(Rollout, AShortMaxAgeIsRaisedBeforeAnythingElse) {
  IntroducedDomain domain;
  domain.publish(Mode::enforce, kDay_seconds);
  domain.check_for(hours(3));
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::enforce_week);
  ASSERT_TRUE(domain.rollout().next.has_value());
  EXPECT_EQ(domain.rollout().next->phase, RolloutPhase::enforce_week);
  EXPECT_EQ(domain.rollout().next->max_age_seconds, 7 * kDay_seconds);
  EXPECT_TRUE(domain.rollout().ready) << domain.problems();
}

TEST(Rollout, TheEndHasNoNextStep) {
  IntroducedDomain domain;
  domain.publish(Mode::enforce, 31557600);
  domain.check_for(kOneDay * 40);
  EXPECT_EQ(domain.rollout().phase, RolloutPhase::enforce_year);
  EXPECT_FALSE(domain.rollout().next.has_value());
  EXPECT_FALSE(domain.rollout().ready);
}

TEST(Rollout, AnExpectedModeIsNoObstacleToItself) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.thresholds.expected_mode = Mode::enforce;
  EXPECT_EQ(days_until_ready(domain), 14) << domain.problems();
  EXPECT_NE(find(domain.report, "sts-mode-weaker-than-expected"), nullptr);
}

TEST(Rollout, IsNotKnownWithoutAHistory) {
  Scene scene;
  EXPECT_FALSE(scene.judged().rollout.has_value());
  Report report = scene.judged();
  auto advice = rollout_of({report, nullptr, nullptr, kNow});
  ASSERT_TRUE(advice.has_value());
  EXPECT_EQ(advice->phase, RolloutPhase::enforce_month);
  EXPECT_FALSE(advice->ready);
}

TEST(Rollout, IsUnknownWhileNothingWasObserved) {
  Scene scene;
  scene.lose(ChannelKind::dns);
  scene.evidence.record.status = protocol::DnsStatus::timeout;
  EXPECT_FALSE(scene.judged_at(kNow, std::make_shared<const History>()).rollout.has_value());
}

TEST(Rollout, WhatWasObservedBeforePhasesWereRememberedCounts) {
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.check_for(kOneDay * 20);
  auto older = std::make_shared<History>(*domain.history);
  older->phase = SeenPhase();
  domain.history = older;
  domain.check();
  EXPECT_TRUE(domain.rollout().ready) << domain.problems();
  older = std::make_shared<History>(*domain.history);
  older->phase = SeenPhase();
  older->passes.clear();
  domain.history = older;
  domain.check();
  EXPECT_FALSE(domain.rollout().ready) << "nothing says that all was well";
}

// Faults of any kind at any time: verify() looks at every check; without them it ends well.
TEST(Rollout, NeverAdvisesAStepWhileAnythingIsOpen) {
  std::vector<BrokenCase> cases;
  for (const auto& some :
       {record_cases(), fetch_cases(), syntax_cases(), mx_cases(), smtp_cases(), tlsrpt_cases()})
    cases.insert(cases.end(), some.begin(), some.end());
  IntroducedDomain domain = in_testing(7 * kDay_seconds);
  domain.check_for(kOneDay * 16);
  for (const BrokenCase& broken : cases) {
    SCOPED_TRACE(broken.code);
    domain.disturb = broken.make_broken;
    domain.check();
    bool fault =
        std::any_of(domain.report.findings.begin(), domain.report.findings.end(), is_obstacle);
    domain.disturb = nullptr;
    if (fault) {
      EXPECT_FALSE(domain.rollout().ready);
    }
    domain.check();
  }
  EXPECT_GE(days_until_ready(domain), 12);
}

}  // namespace
}  // namespace mtasts::verdict
