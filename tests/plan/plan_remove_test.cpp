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
using testing::StartsWith;

TEST(PlanRemove, NoneThenWaitThenRemove) {
  Plan plan = removal(enforced_report());
  ASSERT_EQ(shape(plan), "prw--");
  EXPECT_EQ(plan.steps[0].policy,
            "version: STSv1\r\nmode: none\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 86400\r\n")
      << "Stalwart refuses mode none without mx";
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101500");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  EXPECT_EQ(plan.steps[3].action, "Remove the TXT record _mta-sts.example.com.");
  EXPECT_THAT(plan.steps[3].why, HasSubstr("the TLSRPT record can be removed as well"));
  EXPECT_THAT(plan.steps[4].action, HasSubstr("the policy host mta-sts.example.com"));
  EXPECT_THAT(plan.summary, HasSubstr("can be removed on 2026-12-02,"));
}

TEST(PlanRemove, WaitsForEveryPolicyEverServed) {
  verdict::HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::testing, 31557600, {"mx1.example.com"}), days_later(-40))
          .gone(facts(Mode::none, 31557600, {}), days_later(-1))
          .today(kMonthOld, kPlanNow)
          .make();
  EXPECT_THAT(waits(removal(enforced_report(), history)), ElementsAre("2027-09-23T16:15:00Z"))
      << "testing counts, for its reports; none does no harm";
}

TEST(PlanRemove, AtLeastTheTtlAndADay) {
  verdict::Report report = report_of(Mode::testing, 86400, {"mx1.example.com", "mx2.example.com"});
  Plan plan = removal(report);
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-04T10:15:00Z")) << "a TTL not known is a day";
  EXPECT_THAT(plan.steps[2].why, StartsWith("Senders may use the old record for its TTL"));
  EXPECT_THAT(plan.summary, HasSubstr("can be removed on 2026-11-04,"));
  PlanInput input = plan_input(report, nullptr, kPlanNow);
  input.record_ttl = std::chrono::hours(1);
  EXPECT_THAT(waits(plan_remove(input)), ElementsAre("2026-11-03T11:15:00Z"));
}

TEST(PlanRemove, ModeNoneAlready) {
  verdict::Report report = report_of(Mode::none, 86400, {});
  auto history = [](Time gone, const std::string& old_id) {
    return HistoryMaker()
        .gone(kMonthOld, gone, old_id)
        .today(facts(Mode::none, 86400, {}), kPlanNow)
        .make();
  };
  Plan waiting = removal(report, history(days_later(-10), "another"));
  EXPECT_EQ(shape(waiting), "w--");
  EXPECT_THAT(waits(waiting), ElementsAre("2026-11-22T10:15:00Z"));
  EXPECT_EQ(shape(removal(report, history(days_later(-10), "20261001T000000"))), "rw--")
      << "published under the same id, nobody looks";
  Plan over = removal(report, history(days_later(-30), "another"));
  EXPECT_EQ(shape(over), "--");
  EXPECT_EQ(over.summary,
            "The record and the policy host can be removed now: no sender can hold a policy other "
            "than mode none.");
}

TEST(PlanRemove, ModeNoneWithoutHistory) {
  Plan plan = removal(report_of(Mode::none, 7 * 86400, {}));
  EXPECT_EQ(shape(plan), "w--");
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-09T10:15:00Z"));
  EXPECT_THAT(plan.steps[0].why, StartsWith("The policy served before mode none is not known"));
}

TEST(PlanRemove, RemovedTooEarlyIsDoneAgainInOrder) {
  verdict::HistoryPtr history = HistoryMaker().gone(kMonthOld, days_later(-1)).make();
  Plan plan = removal(absent_report(), history);
  EXPECT_EQ(shape(plan), "prw--");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-01T10:15:00Z"));
}

TEST(PlanRemove, OnlyThePolicyHostIsLeft) {
  verdict::Report report = report_of(Mode::none, 86400, {});
  report.record = verdict::RecordReport();
  report.record.status = verdict::TxtStatus::missing;
  verdict::HistoryPtr history = HistoryMaker().today(facts(Mode::none, 86400, {}), kPlanNow).make();
  Plan plan = removal(report, history);
  ASSERT_EQ(shape(plan), "-");
  EXPECT_THAT(plan.steps[0].action, HasSubstr("remove the policy and the policy host"));
}

TEST(PlanRemove, NothingToRemove) {
  Plan plan = removal(absent_report());
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_EQ(plan.summary,
            "There is nothing to remove: there is no record, and no sender is known to hold a "
            "policy.");
  EXPECT_EQ(plan.assumption,
            "There is no history of this domain, so only the current state is considered.");
  verdict::HistoryPtr expired = HistoryMaker().gone(kMonthOld, days_later(-31)).make();
  EXPECT_THAT(removal(absent_report(), expired).steps, IsEmpty());
}

}  // namespace
}  // namespace mtasts::plan
