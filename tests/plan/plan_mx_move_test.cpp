// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include "plan/sound_plans.h"

namespace mtasts::plan {
namespace {

using protocol::Mode;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(PlanMxMove, ListWaitMoveTidy) {
  Plan plan = move(enforced_report(), nullptr, {kNewHost});
  ASSERT_EQ(shape(plan), "prw-wb-");
  EXPECT_FALSE(plan.placeholder);
  EXPECT_EQ(plan.steps[0].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "mx: mx.new.example\r\nmax_age: 2592000\r\n");
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101500");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z", "2026-12-07T10:15:00Z"));
  EXPECT_EQ(plan.steps[2].verify,
            "openssl s_client -starttls smtp -connect mx.new.example:25 -servername mx.new.example "
            "-verify_hostname mx.new.example </dev/null");
  EXPECT_EQ(plan.steps[3].action, "Change the MX records to the new hosts.");
  EXPECT_EQ(plan.steps[5].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: mx.new.example\r\nmax_age: 2592000\r\n");
  EXPECT_EQ(plan.steps[5].record->value, "v=STSv1; id=20261207101500");
  EXPECT_EQ(
      plan.steps[6].action,
      "Shut down the old MX hosts, and do not let anyone else use their names before 2027-01-06.");
  EXPECT_EQ(plan.summary,
            "The MX records can change on 2026-12-02; until then senders may enforce a policy that "
            "does not cover the new hosts.");
}

TEST(PlanMxMove, WithoutTheNewHostAPlaceholder) {
  Plan plan = move(enforced_report());
  ASSERT_EQ(shape(plan), "prw-wb-");
  EXPECT_TRUE(plan.placeholder);
  EXPECT_THAT(plan.steps[0].policy, HasSubstr("mx: mx2.example.com\r\nmx: <new MX host>\r\n"));
  EXPECT_THAT(plan.steps[5].policy, HasSubstr("mode: enforce\r\nmx: <new MX host>\r\nmax_age"));
  EXPECT_THAT(plan.steps[2].verify, HasSubstr("-connect '<new MX host>:25'"));
}

TEST(PlanMxMove, NoWaitWhereEverythingCoversTheNewHosts) {
  verdict::Report report = report_of(Mode::enforce, kMonth_seconds, {"*.example.com"});
  Plan same_lines = move(report, nullptr, {"mx9.example.com"});
  EXPECT_EQ(shape(same_lines), "--w-");
  EXPECT_THAT(waits(same_lines), ElementsAre("2026-11-07T10:15:00Z")) << "the queues of senders";
  EXPECT_EQ(same_lines.summary,
            "There is nothing to wait for: every policy that senders may enforce already covers "
            "the new MX hosts.");
  EXPECT_EQ(same_lines.steps.back().action, "Shut down the old MX hosts.");

  verdict::Report wide =
      report_of(Mode::enforce, kMonth_seconds, {"*.old.example", "*.new.example"});
  wide.mx[0].host = wide.mx[1].host = "mx.old.example";
  Plan trimmed = move(wide, nullptr, {kNewHost});
  EXPECT_EQ(shape(trimmed), "--wb-");
  EXPECT_EQ(trimmed.steps[3].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: *.new.example\r\nmax_age: 2592000\r\n");
}

TEST(PlanMxMove, AnOldPolicyThatDoesNotCoverDecides) {
  verdict::Report report =
      report_of(Mode::enforce, kMonth_seconds, {"*.example.com", "*.new.example"});
  auto history = [](const std::string& old_id) {
    return HistoryMaker()
        .gone(kMonthOld, days_later(-3), old_id)
        .today(facts(Mode::enforce, kMonth_seconds, {"*.example.com", "*.new.example"}), kPlanNow)
        .make();
  };
  Plan plan = move(report, history("another"), {kNewHost});
  EXPECT_EQ(shape(plan), "w-wb-") << "listed already, so nothing is published before the move";
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-29T10:15:00Z", "2026-12-04T10:15:00Z"));
  EXPECT_THAT(plan.steps[0].why,
              HasSubstr("enforce the policy last served on 2026-10-30 (mode enforce, max_age"));
  EXPECT_EQ(shape(move(report, history("20261001T000000"), {kNewHost})), "rw-wb-");
  EXPECT_EQ(shape(move(report, history("another"), {"mx9.example.com", "mx1.example.com"})),
            "w-wb-")
      << "the old policy lists mx1, but not mx9";
  Plan inside = move(report, history("another"), {"mx1.example.com"});
  EXPECT_EQ(shape(inside), "--wb-");
  EXPECT_THAT(inside.steps.back().action, EndsWith("before 2026-12-07."))
      << "the old hosts stay listed at senders";
}

TEST(PlanMxMove, TheNamesAreKeptAsLongAsAnyPolicyListsThem) {
  verdict::HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::enforce, 31557600, {"mx1.example.com", kNewHost}), days_later(-1))
          .today(kMonthOld, kPlanNow)
          .make();
  Plan plan = move(enforced_report(), history, {kNewHost});
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z", "2026-12-07T10:15:00Z"));
  EXPECT_THAT(plan.steps.back().action, EndsWith("before 2027-11-01."));
}

TEST(PlanMxMove, AnOldHostThatWasNeverListedIsNotListedForTheMove) {
  verdict::Report report = report_of(Mode::enforce, kMonth_seconds, {"*.new.example"});
  EXPECT_EQ(shape(move(report, nullptr, {kNewHost})), "--w-");
}

TEST(PlanMxMove, AMoveToAProviderUsesItsPattern) {
  Plan plan = move(enforced_report(), nullptr, {"tenant.mail.protection.outlook.com"});
  EXPECT_THAT(plan.steps[5].policy,
              HasSubstr("mode: enforce\r\nmx: *.mail.protection.outlook.com\r\nmax_age"));
}

TEST(PlanMxMove, TestingAndNoneStopNothing) {
  Plan testing_mode = move(report_of(Mode::testing, 604800, {"mx1.example.com", "mx2.example.com"}),
                           nullptr, {kNewHost});
  EXPECT_EQ(shape(testing_mode), "pr--wb-");
  EXPECT_EQ(testing_mode.summary,
            "There is nothing to wait for: no sender is known to enforce a policy that does not "
            "cover the new MX hosts.");
  Plan none = move(report_of(Mode::none, 86400, {}), nullptr, {kNewHost});
  EXPECT_EQ(shape(none), "--w-");
  verdict::HistoryPtr held = HistoryMaker()
                                 .gone(kMonthOld, days_later(-1))
                                 .today(facts(Mode::none, 86400, {}), kPlanNow)
                                 .make();
  EXPECT_EQ(shape(move(report_of(Mode::none, 86400, {}), held, {kNewHost})), "w-w-");
}

TEST(PlanMxMove, WithoutAPolicyAtAnyTime) {
  Plan plan = move(absent_report(), nullptr, {kNewHost});
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_FALSE(plan.placeholder);
  EXPECT_EQ(plan.summary,
            "There is nothing to plan: no sender is known to hold a policy, so the MX records can "
            "change at any time.");
}

TEST(PlanMxMove, RememberedHostsStandInForThoseNotSeen) {
  verdict::Report report = blind_report();
  report.mx.clear();
  verdict::HistoryPtr history =
      HistoryMaker().today(kMonthOld, kPlanNow).mx({"mx7.example.com"}).make();
  EXPECT_THAT(move(report, history, {kNewHost}).steps[0].policy,
              HasSubstr("mx: mx7.example.com\r\nmx: mx.new.example\r\n"));
}

TEST(PlanInput, NothingToStartFrom) {
  EXPECT_FALSE(can_plan(plan_input(blind_report(), nullptr, kPlanNow)));
  EXPECT_FALSE(plan_input(blind_report(), nullptr, kPlanNow).record_missing);
  EXPECT_TRUE(plan_input(absent_report(), nullptr, kPlanNow).record_missing);
  EXPECT_FALSE(can_plan(plan_input(blind_report(), HistoryMaker().make(), kPlanNow)));
  for (PlanKind kind : {PlanKind::rollback, PlanKind::remove, PlanKind::mx_move}) {
    SCOPED_TRACE(name_of(kind));
    EXPECT_THAT(made(kind, blind_report()).steps, IsEmpty());
  }
}

TEST(PlanInput, WhereThePolicyComesFrom) {
  verdict::HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-1)).make();
  EXPECT_EQ(plan_input(enforced_report(), history, kPlanNow).basis, PolicyBasis::served);
  verdict::Report broken = enforced_report();
  broken.policy.valid = false;
  EXPECT_EQ(plan_input(broken, history, kPlanNow).basis, PolicyBasis::remembered);
  EXPECT_EQ(plan_input(broken, nullptr, kPlanNow).basis, PolicyBasis::unusable);
  broken.policy.mode.reset();
  EXPECT_EQ(plan_input(broken, nullptr, kPlanNow).basis, PolicyBasis::none);
  HistoryMaker unsettled;
  unsettled.gone(kMonthOld, days_later(-1));
  PlanInput input = plan_input(broken, unsettled.make(), kPlanNow);
  EXPECT_EQ(input.basis, PolicyBasis::remembered);
  EXPECT_EQ(input.policy_seen, days_later(-1));
}

}  // namespace
}  // namespace mtasts::plan
