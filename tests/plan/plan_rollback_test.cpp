// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include "plan/sound_plans.h"

namespace mtasts::plan {
namespace {

using protocol::Mode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

TEST(PlanRollback, StopsEnforcementAndStatesTheDelay) {
  Plan plan = rollback(enforced_report());
  ASSERT_EQ(shape(plan), "prwb");
  EXPECT_EQ(plan.steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 86400\r\n");
  EXPECT_EQ(plan.steps[0].action,
            "Publish this policy at https://mta-sts.example.com/.well-known/mta-sts.txt.");
  EXPECT_THAT(plan.steps[0].verify, StartsWith("curl "));
  EXPECT_EQ(plan.steps[1].record->name, "_mta-sts.example.com");
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101500");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  EXPECT_THAT(plan.steps[2].why,
              HasSubstr("the policy served now (mode enforce, max_age 2592000)"));
  EXPECT_EQ(plan.steps[3].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 1209600\r\n");
  EXPECT_EQ(plan.steps[3].record->value, "v=STSv1; id=20261102101501");
  EXPECT_THAT(plan.summary, HasSubstr("until 2026-12-02."));
  EXPECT_EQ(plan.assumption,
            "There is no history of this domain, so the current max_age of 2592000 seconds is "
            "assumed for the past as well.");
  EXPECT_THAT(plan.held, IsEmpty());
}

TEST(PlanRollback, AddsLinesForHostsThatThePolicyForgot) {
  verdict::Report report = report_of(Mode::enforce, kMonth_seconds, {"*.example.com"});
  report.mx[1].host = "tenant.mail.protection.outlook.com";
  EXPECT_EQ(rollback(report).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: *.example.com\r\n"
            "mx: *.mail.protection.outlook.com\r\nmax_age: 86400\r\n");
}

TEST(PlanRollback, TheLongestHeldEnforcingPolicyDecides) {
  verdict::Report report =
      report_of(Mode::enforce, 7 * 86400, {"mx1.example.com", "mx2.example.com"});
  verdict::HistoryPtr history =
      HistoryMaker()
          .gone(kMonthOld, days_later(-2))
          .gone(facts(Mode::testing, 31557600, {"mx1.example.com"}), days_later(-1))
          .today(facts(Mode::enforce, 7 * 86400, {"mx1.example.com", "mx2.example.com"}), kPlanNow)
          .make();
  Plan plan = rollback(report, history);
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-30T10:15:00Z"))
      << "a testing policy stops nothing, however long it is held";
  EXPECT_THAT(
      plan.steps[2].why,
      HasSubstr("enforce the policy last served on 2026-10-31 (mode enforce, max_age 2592000)"));
  EXPECT_EQ(plan.assumption, "The dates are based on the history of this domain since 2026-09-03.");
  EXPECT_THAT(plan.held, SizeIs(2));
  EXPECT_THAT(plan.steps[3].policy, HasSubstr("max_age: 604800\r\n")) << "not more than it was";
}

TEST(PlanRollback, ExpiredPoliciesDoNotCount) {
  verdict::HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::enforce, 31557600, {"mx1.example.com"}), days_later(-370))
          .today(kMonthOld, kPlanNow)
          .make();
  EXPECT_THAT(waits(rollback(enforced_report(), history)), ElementsAre("2026-12-02T10:15:00Z"));
}

TEST(PlanRollback, MaxAgeIsCappedAsTheRfcCapsIt) {
  verdict::Report report =
      report_of(Mode::enforce, 9999999999, {"mx1.example.com", "mx2.example.com"});
  report.policy.valid = false;
  Plan plan = rollback(report);
  EXPECT_THAT(waits(plan), ElementsAre("2027-11-02T16:15:00Z"));
  EXPECT_THAT(plan.assumption,
              HasSubstr("current max_age of 31557600 seconds is assumed for the past as well; "
                        "the policy served now is not valid for every sender"));
}

TEST(PlanRollback, AlreadyStoppedButHeld) {
  verdict::Report report = report_of(Mode::testing, 86400, {"mx1.example.com", "mx2.example.com"});
  auto history = [&](const std::string& old_id) {
    return HistoryMaker()
        .gone(kMonthOld, days_later(-5), old_id)
        .today(facts(Mode::testing, 86400, {"mx1.example.com", "mx2.example.com"}), kPlanNow)
        .make();
  };
  Plan plan = rollback(report, history("another"));
  EXPECT_EQ(shape(plan), "wb");
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-27T10:15:00Z"));
  EXPECT_EQ(plan.summary,
            "The served policy is no longer in mode enforce, but senders may enforce a cached "
            "policy until 2026-11-27.");
  EXPECT_EQ(shape(rollback(report, history("20261001T000000"))), "rwb")
      << "the body changed under the same id, so a new one is due";
  report.record.status = verdict::TxtStatus::missing;
  EXPECT_EQ(shape(rollback(report, history("another"))), "rwb") << "there is no id to find";
}

TEST(PlanRollback, NothingToRollBack) {
  Plan testing_mode = rollback(report_of(Mode::testing, 86400, {"mx1.example.com"}));
  EXPECT_THAT(testing_mode.steps, IsEmpty());
  EXPECT_EQ(testing_mode.summary,
            "There is nothing to roll back: the policy is in mode testing, and no sender is known "
            "to hold one in mode enforce.");
  EXPECT_THAT(rollback(report_of(Mode::none, 86400, {})).summary, HasSubstr("in mode none"));
  EXPECT_EQ(rollback(absent_report()).summary,
            "There is nothing to roll back: no policy was seen, and no sender is known to hold one "
            "in mode enforce.");
  verdict::HistoryPtr expired = HistoryMaker().gone(kMonthOld, days_later(-31)).make();
  EXPECT_THAT(rollback(absent_report(), expired).steps, IsEmpty());
}

TEST(PlanRollback, TheRememberedPolicyStandsIn) {
  verdict::HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-1)).make();
  Plan plan = rollback(blind_report(), history);
  ASSERT_EQ(shape(plan), "prwb");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z")) << "it may be served to this hour";
  EXPECT_EQ(plan.assumption,
            "The dates are based on the history of this domain since 2026-09-03; no valid policy "
            "could be fetched now, so the one last seen on 2026-11-01 is used.");
  EXPECT_THAT(plan.steps[0].policy, HasSubstr("mx: mx2.example.com\r\n"));

  verdict::HistoryPtr seen_gone = HistoryMaker().gone(kMonthOld, days_later(-10)).make();
  EXPECT_THAT(waits(rollback(blind_report(), seen_gone)), ElementsAre("2026-11-22T10:15:00Z"));
}

TEST(PlanRollback, TheCheckNowIsNewerThanTheHistory) {
  // The agent was stopped: it regards the month-old policy as current, though another is served.
  verdict::HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-20), "old").make();
  Plan plan = rollback(report_of(Mode::testing, 86400, {"mx1.example.com"}), history);
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  ASSERT_THAT(plan.held, SizeIs(1));
  EXPECT_EQ(plan.held[0].id, "old");
}

TEST(PlanRollback, WithoutAnyHostModeNone) {
  verdict::Report report = report_of(Mode::enforce, kMonth_seconds, {});
  report.policy.valid = false;
  report.mx.clear();
  Plan plan = rollback(report);
  ASSERT_EQ(shape(plan), "prw");
  EXPECT_EQ(plan.steps[0].policy,
            "version: STSv1\r\nmode: none\r\nmx: example.com\r\nmax_age: 86400\r\n");
  EXPECT_THAT(plan.steps[0].why, HasSubstr("No MX host is known"));
}

TEST(PlanRollback, IdsThatWereUsedAreNotGivenAgain) {
  verdict::Report report = enforced_report();
  report.record.id = "20261102101500";
  HistoryMaker maker;
  maker.today(kMonthOld, kPlanNow, "20261102101500");
  maker.raw().ids = {{"20261102101501", kPlanNow, kPlanNow, Time(), true},
                     {"20261102101503", kPlanNow, kPlanNow, Time(), true}};
  Plan plan = rollback(report, maker.make());
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101502");
  EXPECT_EQ(plan.steps[3].record->value, "v=STSv1; id=20261102101504");
  EXPECT_EQ(rollback(report).steps[1].record->value, "v=STSv1; id=20261102101501");
}

TEST(PlanRollback, SecondsRoundUpToTheMinute) {
  PlanInput input = plan_input(enforced_report(), nullptr, kPlanNow + std::chrono::milliseconds(1));
  input.record_ttl = std::chrono::seconds(3600);
  Plan plan = plan_rollback(input);
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:16:00Z"));
  EXPECT_THAT(plan.steps[2].why, HasSubstr("the TTL of the TXT record (3600 seconds)"));
}

TEST(PlanRollback, HostileTextsStayInsideTheGrammar) {
  verdict::Report report = enforced_report();
  report.mx[0].host = "a b\r\nmode: none";
  report.mx[1].host = ".";
  verdict::PolicyFacts odd = facts(Mode::enforce, kMonth_seconds,
                                   {"MX1.Example.COM", "mx1.example.com", "x\r\nmode: none", ""});
  verdict::HistoryPtr history = HistoryMaker().today(odd, kPlanNow).make();
  report.policy.valid = false;
  EXPECT_EQ(rollback(report, history).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmax_age: 86400\r\n");
}

TEST(PlanRollback, APolicyTooLongForSendersLosesWhatNoHostNeeds) {
  verdict::Report report = enforced_report();
  for (int i = 0; i < 1000; ++i)
    report.policy.mx.push_back("mx" + std::to_string(i) + std::string(50, 'x') + ".example.org");
  EXPECT_EQ(rollback(report).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 86400\r\n");
}

}  // namespace
}  // namespace mtasts::plan
