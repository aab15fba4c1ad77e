// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The plan for the next step towards mode enforce, and plans for a policy that the agent serves.
#include <gmock/gmock.h>

#include "plan/sound_plans.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::plan {
namespace {

using protocol::Mode;
using testing::AnyOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using verdict::ObstacleKind;
using verdict::RolloutPhase;

constexpr uint64_t kWeek_seconds = 7 * 86400;
const std::vector<std::string> kHosts = {"mx1.example.com", "mx2.example.com"};

// Mode and max_age since `days` ago, without errors since then.
verdict::HistoryPtr since(Mode mode, uint64_t max_age, int days) {
  HistoryMaker maker;
  maker.today(facts(mode, max_age, kHosts), kPlanNow).mx(kHosts);
  verdict::History& history = maker.raw();
  history.record.value = "20261001T000000";
  verdict::SeenPhase& phase = history.phase;
  phase.phase = verdict::phase_of(mode, max_age);
  phase.since = phase.mode_since = phase.clean_from = days_later(-days);
  phase.clean_seen = kPlanNow - std::chrono::minutes(5);
  return maker.make();
}

verdict::Report testing_report(uint64_t max_age = kWeek_seconds) {
  return report_of(Mode::testing, max_age, kHosts);
}

verdict::Report with_fault(verdict::Report report) {
  verdict::Finding finding;
  finding.row = &verdict::row_of("smtp-starttls-missing");
  finding.severity = verdict::Severity::warning;
  finding.subject = "mx2.example.com";
  finding.message = "The server does not offer STARTTLS";
  finding.fix = "Enable STARTTLS.";
  report.findings.push_back(finding);
  return report;
}

Plan enforce(const verdict::Report& report, verdict::HistoryPtr history) {
  return made(PlanKind::enforce, report, std::move(history));
}

TEST(PlanEnforce, PrintsWhatToPublishNow) {
  verdict::Report report = testing_report();
  report.policy.mx = {"mx1.example.com"};  // the live hosts are covered all the same
  auto history = since(Mode::testing, kWeek_seconds, 15);
  Plan plan = enforce(report, history);
  EXPECT_EQ(shape(plan), "prw");
  EXPECT_EQ(plan.steps[0].policy, protocol::write_policy(Mode::enforce, kHosts, kWeek_seconds));
  EXPECT_THAT(plan.steps[0].why, HasSubstr("before the record"));
  ASSERT_TRUE(plan.steps[1].record.has_value());
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=20261102101500");
  EXPECT_THAT(waits(plan), ElementsAre("2026-12-02T10:15:00Z"));
  EXPECT_EQ(plan.summary,
            "The domain is in phase testing_week since 2026-10-18, and nothing speaks against the "
            "next step, mode enforce with max_age 604800, now.");
  ASSERT_EQ(plan.outline.size(), 3u);
  EXPECT_EQ(plan.outline[0].phase, RolloutPhase::enforce_week);
  EXPECT_EQ(date_text(plan.outline[0].earliest), "2026-11-02");
  EXPECT_EQ(plan.outline[1].max_age_seconds, kMonth_seconds);
  EXPECT_EQ(date_text(plan.outline[1].earliest), "2026-12-02");
  EXPECT_TRUE(plan.outline[2].optional);
  EXPECT_TRUE(plan.rollout->ready);
}

TEST(PlanEnforce, SaysWhenIfOnlyTimeIsMissing) {
  Plan plan = enforce(testing_report(), since(Mode::testing, kWeek_seconds, 4));
  EXPECT_EQ(shape(plan), "wprw");
  EXPECT_THAT(waits(plan), ElementsAre("2026-11-12T10:15:00Z", "2026-12-12T10:15:00Z"));
  EXPECT_THAT(plan.summary, HasSubstr("can be taken on 2026-11-12"));
  EXPECT_FALSE(plan.rollout->ready);
}

TEST(PlanEnforce, NeverShowsAnEnforcedPolicyWhileSomethingIsWrong) {
  struct Case {
    const char* what;
    std::function<void(verdict::Report&)> change;
    ObstacleKind kind;
  };
  auto ends_soon = [](verdict::Report& report) {
    auto chain = std::make_shared<protocol::PeerChain>();
    chain->name_matches = true;
    chain->chain_not_after =
        std::chrono::floor<std::chrono::seconds>(kPlanNow) + std::chrono::hours(24 * 6);
    report.policy.chain = chain;
  };
  const std::vector<Case> cases = {
      {"a finding", [](verdict::Report& report) { report = with_fault(report); },
       ObstacleKind::finding},
      {"no TLSRPT",
       [](verdict::Report& report) { report.tlsrpt.status = verdict::TxtStatus::missing; },
       ObstacleKind::no_tlsrpt},
      {"a certificate", ends_soon, ObstacleKind::certificate},
      {"another policy", [](verdict::Report& report) { report.policy.max_age_seconds = 86400; },
       ObstacleKind::unsettled},
      {"no SMTP",
       [](verdict::Report& report) {
         report.stages[static_cast<size_t>(verdict::Stage::smtp)] =
             verdict::StageResult::not_applicable;
       },
       ObstacleKind::unseen}};
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    verdict::Report report = testing_report();
    report.stages.fill(verdict::StageResult::pass);
    each.change(report);
    Plan plan = enforce(report, since(Mode::testing, kWeek_seconds, 30));
    for (const PlanStep& step : plan.steps) {
      EXPECT_THAT(step.policy, IsEmpty());
      EXPECT_FALSE(step.record.has_value());
    }
    ASSERT_GE(plan.steps.size(), 2u);
    EXPECT_THAT(plan.summary, HasSubstr("1 thing speaks against"));
    EXPECT_EQ(plan.rollout->obstacles.front().kind, each.kind);
    EXPECT_THAT(plan.steps.back().action, HasSubstr("plan enforce example.com again"));
  }
}

TEST(PlanEnforce, WithoutAHistoryAsksForOne) {
  Plan plan = enforce(testing_report(), nullptr);
  EXPECT_THAT(plan.steps.front().action, HasSubstr("serve"));
  for (const PlanStep& step : plan.steps) EXPECT_THAT(step.policy, IsEmpty());
}

TEST(PlanEnforce, AStoppedAgentHasNotSeenEnough) {
  auto history = std::make_shared<verdict::History>(*since(Mode::testing, kWeek_seconds, 60));
  history->phase.clean_seen = days_later(-9);
  Plan plan = enforce(testing_report(), history);
  EXPECT_THAT(plan.steps.front().why, HasSubstr("2026-10-24"));
  EXPECT_FALSE(plan.rollout->ready);
}

TEST(PlanEnforce, WithoutMtaStsPointsToGenerate) {
  verdict::Report report = absent_report();
  Plan plan = enforce(report, nullptr);
  EXPECT_THAT(plan.summary, HasSubstr("generate all example.com"));
  EXPECT_THAT(plan.steps.front().action, HasSubstr("generate all example.com"));
  for (const PlanStep& step : plan.steps) EXPECT_THAT(step.policy, IsEmpty());
}

TEST(PlanEnforce, AfterModeNoneBeginsAgain) {
  HistoryMaker maker;
  maker.today(facts(Mode::none, 86400, kHosts), kPlanNow).mx(kHosts);
  maker.raw().record.value = "20261001T000000";
  Plan plan = enforce(report_of(Mode::none, 86400, kHosts), maker.make());
  EXPECT_EQ(shape(plan), "prw");
  EXPECT_THAT(plan.steps[0].policy, HasSubstr("mode: testing\r\n"));
}

TEST(PlanEnforce, TheEndOfTheRolloutHasNoSteps) {
  Plan plan = enforce(enforced_report(), since(Mode::enforce, kMonth_seconds, 90));
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_THAT(plan.summary, HasSubstr("the rollout is complete"));
  EXPECT_THAT(plan.summary, HasSubstr("postfix-tlspol"));
  ASSERT_EQ(plan.outline.size(), 1u);
  EXPECT_LT(plan.outline[0].max_age_seconds, protocol::kMaxAgeLimit_seconds);
}

TEST(PlanEnforce, WhatIsNotKnownIsSaid) {
  Plan plan = enforce(blind_report(), nullptr);
  EXPECT_THAT(plan.steps, IsEmpty());
  EXPECT_THAT(plan.summary, HasSubstr("Too little was observed"));
}

// --- A policy that the agent serves

HostedSource hosted(Mode mode, uint64_t max_age,
                    std::vector<std::string> domains = {"example.com"}) {
  return {mode, kHosts, max_age, std::move(domains)};
}

TEST(PlanHosted, TheNextStepIsAChangeOfTheSettings) {
  PlanInput input = plan_input(testing_report(), since(Mode::testing, kWeek_seconds, 15), kPlanNow);
  input.hosted = hosted(Mode::testing, kWeek_seconds);
  Plan plan = plan_enforce(input);
  EXPECT_THAT(plan.steps[0].policy, IsEmpty());
  EXPECT_THAT(plan.steps[0].settings, ElementsAre("mode = \"enforce\""));
  std::string body = protocol::write_policy(Mode::enforce, kHosts, kWeek_seconds);
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=" + protocol::id_of_policy(body));

  input = plan_input(enforced_report(), since(Mode::enforce, kWeek_seconds, 40), kPlanNow);
  input.rollout = verdict::rollout_of(
      {report_of(Mode::enforce, kWeek_seconds, kHosts), input.history.get(), nullptr, kPlanNow});
  input.hosted = hosted(Mode::enforce, kWeek_seconds);
  plan = plan_enforce(input);
  EXPECT_THAT(plan.steps[0].settings, ElementsAre("max_age = \"30d\""));
}

TEST(PlanHosted, AnUncoveredHostIsAddedToTheSettings) {
  PlanInput input = plan_input(testing_report(), since(Mode::testing, kWeek_seconds, 15), kPlanNow);
  input.hosted = hosted(Mode::testing, kWeek_seconds);
  input.hosted->mx = {"mx1.example.com"};
  EXPECT_THAT(plan_enforce(input).steps[0].settings,
              ElementsAre("mode = \"enforce\"", "mx = [\"mx1.example.com\", \"mx2.example.com\"]"));
}

TEST(PlanHosted, ASharedPolicyIsNotChangedForTheOthers) {
  PlanInput input = plan_input(testing_report(), since(Mode::testing, kWeek_seconds, 15), kPlanNow);
  input.hosted = hosted(Mode::testing, kWeek_seconds, {"example.com", "example.net"});
  Plan plan = plan_enforce(input);
  EXPECT_THAT(plan.steps[0].settings,
              ElementsAre("[[policy]]", "domains = [\"example.com\"]", "mode = \"enforce\"",
                          "mx = [\"mx1.example.com\", \"mx2.example.com\"]", "max_age = \"7d\""));
  EXPECT_THAT(plan.steps[0].action, HasSubstr("take example.com out"));
}

TEST(PlanHosted, ARollbackChangesTwoLines) {
  PlanInput input = plan_input(enforced_report(), nullptr, kPlanNow);
  input.hosted = hosted(Mode::enforce, kMonth_seconds);
  Plan plan = plan_rollback(input);
  EXPECT_THAT(plan.steps[0].settings, ElementsAre("mode = \"testing\"", "max_age = \"1d\""));
  EXPECT_THAT(plan.steps[0].policy, IsEmpty());
  std::string body = protocol::write_policy(Mode::testing, kHosts, 86400);
  EXPECT_EQ(plan.steps[1].record->value, "v=STSv1; id=" + protocol::id_of_policy(body));
  const PlanStep& again = plan.steps.back();
  EXPECT_THAT(again.settings, ElementsAre("max_age = \"14d\""));
  EXPECT_THAT(again.policy, IsEmpty());
}

// --- How long senders take

TEST(PlanRollback, SaysHowLongWhichSenderTakes) {
  PlanInput input = plan_input(enforced_report(), nullptr, kPlanNow);
  input.policy.max_age_seconds = 365 * 86400;
  input.record_ttl = std::chrono::seconds(300);
  Plan plan = plan_rollback(input);
  ASSERT_EQ(plan.senders.size(), 3u);
  EXPECT_THAT(plan.senders[0], HasSubstr("2026-11-02T10:20:00Z"));
  EXPECT_THAT(plan.senders[1], EndsWith("until 2027-11-02."));
  EXPECT_THAT(plan.senders[2], HasSubstr("postfix-tlspol"));
  EXPECT_THAT(plan.senders[2], EndsWith("until 2026-12-02."));

  auto reported = std::make_shared<reports::DomainSummary>();
  reported->from = std::chrono::floor<std::chrono::days>(kPlanNow) - std::chrono::days(7);
  reports::OrganizationSummary one;
  one.name = "Google Inc.\n";
  one.counts[1] = {10, 0};
  reported->organizations = {one};
  input.reported = reported;
  plan = plan_rollback(input);
  ASSERT_EQ(plan.senders.size(), 4u);
  EXPECT_THAT(plan.senders[3], HasSubstr("Google Inc."));
  EXPECT_THAT(plan.senders[3], Not(HasSubstr("\n")));
}

TEST(PlanRollback, NamesWhoStillEnforces) {
  HistoryMaker maker;
  maker.gone(kMonthOld, days_later(-3)).today(facts(Mode::testing, 86400, kHosts), kPlanNow);
  PlanInput input = plan_input(report_of(Mode::testing, 86400, kHosts), maker.make(), kPlanNow);
  auto reported = std::make_shared<reports::DomainSummary>();
  auto today = std::chrono::floor<std::chrono::days>(kPlanNow);
  reports::PolicySummary old;
  old.policy = "mode=enforce max_age=2592000 mx=mx1.example.com,mx2.example.com";
  old.organizations = {"Slow GmbH"};
  old.last_day = today - std::chrono::days(1);
  reports::PolicySummary before = old;
  before.organizations = {"Quick Ltd"};
  before.last_day = today - std::chrono::days(4);
  reported->policies = {old, before};
  input.reported = reported;
  Plan plan = plan_rollback(input);
  EXPECT_THAT(plan.senders.back(), HasSubstr("last on 2026-11-01: Slow GmbH."));
}

}  // namespace
}  // namespace mtasts::plan
