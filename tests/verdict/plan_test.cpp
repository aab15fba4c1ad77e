// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/plan.h"

#include <gmock/gmock.h>

#include <set>

#include "protocol/sts_policy.h"
#include "protocol/sts_record.h"
#include "verdict/planned_domain.h"

namespace mtasts::verdict {
namespace {

using protocol::Mode;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kNewHost = "mx.new.example";

std::string with_host(std::string text) {
  for (size_t at; (at = text.find(kNewHostPlaceholder)) != std::string::npos;)
    text.replace(at, kNewHostPlaceholder.size(), kNewHost);
  return text;
}

// What every plan keeps to: texts that lint takes, ids that differ, sentences, whole minutes.
void expect_sound(const Plan& plan, const PlanInput& input) {
  std::set<std::string> ids = {input.record_id};
  bool placeholder_seen = false;
  Time last = input.now;
  for (const PlanStep& step : plan.steps) {
    EXPECT_THAT(step.action, EndsWith("."));
    EXPECT_THAT(step.why, EndsWith("."));
    EXPECT_THAT(step.action + step.why + step.verify, Not(HasSubstr("\n")));
    for (const std::string& text : {step.policy, step.verify})
      placeholder_seen |= text.find(kNewHostPlaceholder) != std::string::npos;
    if (!step.policy.empty()) {
      auto policy = protocol::parse_sts_policy(with_host(step.policy));
      EXPECT_TRUE(policy.valid) << step.policy;
      EXPECT_THAT(step.policy, StartsWith("version: STSv1\r\nmode: "));
      EXPECT_LE(step.policy.size(), 64000u);
      for (const auto& fault : policy.faults) {
        bool own_age = policy.max_age_seconds == input.policy.max_age_seconds &&
                       fault.code.starts_with("sts-policy-max-age-");
        EXPECT_TRUE(fault.code.starts_with("sts-mode-") || own_age) << fault.code << step.policy;
      }
    }
    if (step.record) {
      auto record = protocol::parse_sts_record(step.record->value);
      EXPECT_TRUE(record.valid) << step.record->value;
      EXPECT_THAT(record.faults, IsEmpty());
      EXPECT_EQ(step.record->name, "_mta-sts." + plan.domain);
      EXPECT_TRUE(ids.insert(record.id).second) << record.id << " was there before";
      if (input.history != nullptr) {
        for (const SeenId& seen : input.history->ids) EXPECT_NE(seen.id, record.id);
      }
    }
    if (step.wait_until) {
      EXPECT_GT(*step.wait_until, last);
      EXPECT_EQ(step.wait_until->time_since_epoch() % std::chrono::minutes(1),
                std::chrono::milliseconds(0));
      last = *step.wait_until;
    }
  }
  EXPECT_EQ(plan.placeholder, placeholder_seen);
  EXPECT_THAT(plan.summary, EndsWith("."));
  EXPECT_THAT(plan.assumption, EndsWith("."));
}

Plan made(PlanKind kind, const Report& report, HistoryPtr history = nullptr,
          std::vector<std::string> new_hosts = {}, Time now = kPlanNow) {
  PlanInput input = plan_input(report, std::move(history), now);
  input.new_hosts = std::move(new_hosts);
  Plan plan = make_plan(kind, input);
  EXPECT_EQ(plan.kind, kind);
  EXPECT_EQ(plan.at, now);
  expect_sound(plan, input);
  return plan;
}
Plan rollback(const Report& report, HistoryPtr history = nullptr) {
  return made(PlanKind::rollback, report, std::move(history));
}
Plan removal(const Report& report, HistoryPtr history = nullptr) {
  return made(PlanKind::remove, report, std::move(history));
}
Plan move(const Report& report, HistoryPtr history = nullptr, std::vector<std::string> hosts = {}) {
  return made(PlanKind::mx_move, report, std::move(history), std::move(hosts));
}

// One letter for what a step is about: p policy, r record, b both, w wait, - neither.
std::string shape(const Plan& plan) {
  std::string letters;
  for (const PlanStep& step : plan.steps)
    letters += step.wait_until                       ? 'w'
               : !step.policy.empty() && step.record ? 'b'
               : !step.policy.empty()                ? 'p'
               : step.record                         ? 'r'
                                                     : '-';
  return letters;
}

std::vector<std::string> waits(const Plan& plan) {
  std::vector<std::string> times;
  for (const PlanStep& step : plan.steps)
    if (step.wait_until) times.push_back(rfc3339(*step.wait_until));
  return times;
}

const PolicyFacts kMonthOld =
    facts(Mode::enforce, kMonth_seconds, {"mx1.example.com", "mx2.example.com"});

// --- rollback

TEST(PlanRollback, StopsEnforcementAndTellsTheHonestDelay) {
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
              HasSubstr("the policy served today (mode enforce, max_age 2592000)"));
  EXPECT_EQ(plan.steps[3].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 1209600\r\n");
  EXPECT_EQ(plan.steps[3].record->value, "v=STSv1; id=20261102101501");
  EXPECT_THAT(plan.summary, HasSubstr("until 2026-12-02."));
  EXPECT_EQ(plan.assumption,
            "There is no history of this domain, so it is assumed that the live max_age of 2592000 "
            "seconds was always the one.");
  EXPECT_THAT(plan.held, IsEmpty());
}

TEST(PlanRollback, AddsLinesForHostsThatThePolicyForgot) {
  Report report = report_of(Mode::enforce, kMonth_seconds, {"*.example.com"});
  report.mx[1].host = "tenant.mail.protection.outlook.com";
  EXPECT_EQ(rollback(report).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: *.example.com\r\n"
            "mx: *.mail.protection.outlook.com\r\nmax_age: 86400\r\n");
}

TEST(PlanRollback, TheLongestHeldEnforcingPolicyDecides) {
  Report report = report_of(Mode::enforce, 7 * 86400, {"mx1.example.com", "mx2.example.com"});
  HistoryPtr history =
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
      HasSubstr("enforce the policy last served 2026-10-31 (mode enforce, max_age 2592000)"));
  EXPECT_EQ(plan.assumption,
            "The dates rest on what has been seen of this domain since 2026-09-03.");
  EXPECT_THAT(plan.held, SizeIs(2));
  EXPECT_THAT(plan.steps[3].policy, HasSubstr("max_age: 604800\r\n")) << "not more than it was";
}

TEST(PlanRollback, ExpiredPoliciesDoNotCount) {
  HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::enforce, 31557600, {"mx1.example.com"}), days_later(-370))
          .today(kMonthOld, kPlanNow)
          .make();
  EXPECT_THAT(waits(rollback(enforced_report(), history)), ElementsAre("2026-12-02T10:15:00Z"));
}

TEST(PlanRollback, MaxAgeIsCappedAsTheRfcCapsIt) {
  Report report = report_of(Mode::enforce, 9999999999, {"mx1.example.com", "mx2.example.com"});
  report.policy.valid = false;
  Plan plan = rollback(report);
  EXPECT_THAT(waits(plan), ElementsAre("2027-11-02T16:15:00Z"));
  EXPECT_THAT(plan.assumption, HasSubstr("live max_age of 31557600 seconds was always the one; "
                                         "not every sender uses the policy served now"));
}

TEST(PlanRollback, AlreadyStoppedButHeld) {
  Report report = report_of(Mode::testing, 86400, {"mx1.example.com", "mx2.example.com"});
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
            "Nothing enforced is served any more, but senders may enforce what they hold until "
            "2026-11-27.");
  EXPECT_EQ(shape(rollback(report, history("20261001T000000"))), "rwb")
      << "the body changed under the same id, so a new one is due";
  report.record.status = TxtStatus::missing;
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
  HistoryPtr expired = HistoryMaker().gone(kMonthOld, days_later(-31)).make();
  EXPECT_THAT(rollback(absent_report(), expired).steps, IsEmpty());
}

TEST(PlanRollback, TheRememberedPolicyStandsIn) {
  HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-1)).make();
  Plan plan = rollback(blind_report(), history);
  ASSERT_EQ(shape(plan), "prwb");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z")) << "it may be served to this hour";
  EXPECT_EQ(plan.assumption,
            "The dates rest on what has been seen of this domain since 2026-09-03; no policy that "
            "senders use could be had now, so the one last seen on 2026-11-01 stands in.");
  EXPECT_THAT(plan.steps[0].policy, HasSubstr("mx: mx2.example.com\r\n"));

  HistoryPtr seen_gone = HistoryMaker().gone(kMonthOld, days_later(-10)).make();
  EXPECT_THAT(waits(rollback(blind_report(), seen_gone)), ElementsAre("2026-11-22T10:15:00Z"));
}

TEST(PlanRollback, TheLookNowIsNewerThanTheHistory) {
  // The agent stood still: it takes the month-old policy for today's, though another is served.
  HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-20), "old").make();
  Plan plan = rollback(report_of(Mode::testing, 86400, {"mx1.example.com"}), history);
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  ASSERT_THAT(plan.held, SizeIs(1));
  EXPECT_EQ(plan.held[0].id, "old");
}

TEST(PlanRollback, WithoutAnyHostModeNone) {
  Report report = report_of(Mode::enforce, kMonth_seconds, {});
  report.policy.valid = false;
  report.mx.clear();
  Plan plan = rollback(report);
  ASSERT_EQ(shape(plan), "prw");
  EXPECT_EQ(plan.steps[0].policy, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
  EXPECT_THAT(plan.steps[0].why, HasSubstr("No MX host is known"));
}

TEST(PlanRollback, IdsThatWereUsedAreNotGivenAgain) {
  Report report = enforced_report();
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
  Report report = enforced_report();
  report.mx[0].host = "a b\r\nmode: none";
  report.mx[1].host = ".";
  PolicyFacts odd = facts(Mode::enforce, kMonth_seconds,
                          {"MX1.Example.COM", "mx1.example.com", "x\r\nmode: none", ""});
  HistoryPtr history = HistoryMaker().today(odd, kPlanNow).make();
  report.policy.valid = false;
  EXPECT_EQ(rollback(report, history).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmax_age: 86400\r\n");
}

TEST(PlanRollback, APolicyTooLongForSendersLosesWhatNoHostNeeds) {
  Report report = enforced_report();
  for (int i = 0; i < 1000; ++i)
    report.policy.mx.push_back("mx" + std::to_string(i) + std::string(50, 'x') + ".example.org");
  EXPECT_EQ(rollback(report).steps[0].policy,
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 86400\r\n");
}

// --- remove

TEST(PlanRemove, NoneThenWaitThenRemove) {
  Plan plan = removal(enforced_report());
  ASSERT_EQ(shape(plan), "prw--");
  EXPECT_EQ(plan.steps[0].policy, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n");
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101500");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  EXPECT_EQ(plan.steps[3].action, "Remove the TXT record _mta-sts.example.com.");
  EXPECT_THAT(plan.steps[3].why, HasSubstr("TLSRPT may go with it"));
  EXPECT_THAT(plan.steps[4].action, HasSubstr("its host mta-sts.example.com"));
  EXPECT_THAT(plan.summary, HasSubstr("can go on 2026-12-02,"));
}

TEST(PlanRemove, WaitsForEveryPolicyEverServed) {
  HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::testing, 31557600, {"mx1.example.com"}), days_later(-40))
          .gone(facts(Mode::none, 31557600, {}), days_later(-1))
          .today(kMonthOld, kPlanNow)
          .make();
  EXPECT_THAT(waits(removal(enforced_report(), history)), ElementsAre("2027-09-23T16:15:00Z"))
      << "testing counts, for its reports; none does no harm";
}

TEST(PlanRemove, AtLeastTheTtlAndADay) {
  Report report = report_of(Mode::testing, 86400, {"mx1.example.com", "mx2.example.com"});
  Plan plan = removal(report);
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-04T10:15:00Z")) << "a TTL not known is a day";
  EXPECT_THAT(plan.steps[2].why, StartsWith("Senders may act on the old record for its TTL"));
  EXPECT_THAT(plan.summary, HasSubstr("can go on 2026-11-04,"));
  PlanInput input = plan_input(report, nullptr, kPlanNow);
  input.record_ttl = std::chrono::hours(1);
  EXPECT_THAT(waits(plan_remove(input)), ElementsAre("2026-11-03T11:15:00Z"));
}

TEST(PlanRemove, ModeNoneAlready) {
  Report report = report_of(Mode::none, 86400, {});
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
            "Record and policy host can go now: no sender can hold a policy that matters.");
}

TEST(PlanRemove, ModeNoneWithoutHistory) {
  Plan plan = removal(report_of(Mode::none, 7 * 86400, {}));
  EXPECT_EQ(shape(plan), "w--");
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-09T10:15:00Z"));
  EXPECT_THAT(plan.steps[0].why, StartsWith("What was served before mode none is not known"));
}

TEST(PlanRemove, RemovedTooEarlyIsDoneAgainInOrder) {
  HistoryPtr history = HistoryMaker().gone(kMonthOld, days_later(-1)).make();
  Plan plan = removal(absent_report(), history);
  EXPECT_EQ(shape(plan), "prw--");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-01T10:15:00Z"));
}

TEST(PlanRemove, OnlyThePolicyHostIsLeft) {
  Report report = report_of(Mode::none, 86400, {});
  report.record = RecordReport();
  report.record.status = TxtStatus::missing;
  HistoryPtr history = HistoryMaker().today(facts(Mode::none, 86400, {}), kPlanNow).make();
  Plan plan = removal(report, history);
  ASSERT_EQ(shape(plan), "-");
  EXPECT_THAT(plan.steps[0].action, HasSubstr("remove the policy and its host"));
}

TEST(PlanRemove, NothingToRemove) {
  Plan plan = removal(absent_report());
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_EQ(plan.summary,
            "There is nothing to remove: there is no record, and no sender is known to hold a "
            "policy.");
  EXPECT_EQ(plan.assumption,
            "There is no history of this domain, so only what is live now counts.");
  HistoryPtr expired = HistoryMaker().gone(kMonthOld, days_later(-31)).make();
  EXPECT_THAT(removal(absent_report(), expired).steps, IsEmpty());
}

// --- mx-move

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
  EXPECT_EQ(plan.steps[6].action,
            "Switch the old MX hosts off, and let nobody else have their names before 2027-01-06.");
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
  Report report = report_of(Mode::enforce, kMonth_seconds, {"*.example.com"});
  Plan same_lines = move(report, nullptr, {"mx9.example.com"});
  EXPECT_EQ(shape(same_lines), "--w-");
  EXPECT_THAT(waits(same_lines), ElementsAre("2026-11-07T10:15:00Z")) << "the queues of senders";
  EXPECT_EQ(same_lines.summary,
            "There is nothing to wait for: every policy that senders may enforce covers the new MX "
            "hosts already.");
  EXPECT_EQ(same_lines.steps.back().action, "Switch the old MX hosts off.");

  Report wide = report_of(Mode::enforce, kMonth_seconds, {"*.old.example", "*.new.example"});
  wide.mx[0].host = wide.mx[1].host = "mx.old.example";
  Plan trimmed = move(wide, nullptr, {kNewHost});
  EXPECT_EQ(shape(trimmed), "--wb-");
  EXPECT_EQ(trimmed.steps[3].policy,
            "version: STSv1\r\nmode: enforce\r\nmx: *.new.example\r\nmax_age: 2592000\r\n");
}

TEST(PlanMxMove, AnOldPolicyThatDoesNotCoverDecides) {
  Report report = report_of(Mode::enforce, kMonth_seconds, {"*.example.com", "*.new.example"});
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
              HasSubstr("enforce the policy last served 2026-10-30 (mode enforce, max_age"));
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
  HistoryPtr history =
      HistoryMaker()
          .gone(facts(Mode::enforce, 31557600, {"mx1.example.com", kNewHost}), days_later(-1))
          .today(kMonthOld, kPlanNow)
          .make();
  Plan plan = move(enforced_report(), history, {kNewHost});
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z", "2026-12-07T10:15:00Z"));
  EXPECT_THAT(plan.steps.back().action, EndsWith("before 2027-11-01."));
}

TEST(PlanMxMove, AnOldHostThatWasNeverListedIsNotListedForTheMove) {
  Report report = report_of(Mode::enforce, kMonth_seconds, {"*.new.example"});
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
            "There is nothing to wait for: no sender is known to enforce a policy that the new MX "
            "hosts do not match.");
  Plan none = move(report_of(Mode::none, 86400, {}), nullptr, {kNewHost});
  EXPECT_EQ(shape(none), "--w-");
  HistoryPtr held = HistoryMaker()
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
  Report report = blind_report();
  report.mx.clear();
  HistoryPtr history = HistoryMaker().today(kMonthOld, kPlanNow).mx({"mx7.example.com"}).make();
  EXPECT_THAT(move(report, history, {kNewHost}).steps[0].policy,
              HasSubstr("mx: mx7.example.com\r\nmx: mx.new.example\r\n"));
}

// --- input

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
  HistoryPtr history = HistoryMaker().today(kMonthOld, days_later(-1)).make();
  EXPECT_EQ(plan_input(enforced_report(), history, kPlanNow).basis, PolicyBasis::served);
  Report broken = enforced_report();
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
}  // namespace mtasts::verdict
