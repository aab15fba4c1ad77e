// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/plan_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plan/planned_domain.h"

namespace mtasts::present {
namespace {

using nlohmann::json;

json made(plan::PlanKind kind, const verdict::Report& report,
          verdict::HistoryPtr history = nullptr) {
  std::string text = plan_json(
      plan::make_plan(kind, plan::plan_input(report, std::move(history), plan::kPlanNow)));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  return json::parse(text);
}

TEST(PlanJson, EveryKey) {
  verdict::HistoryPtr history =
      plan::HistoryMaker()
          .gone(plan::facts(protocol::Mode::enforce, 31557600, {"mx1.example.com"}),
                plan::days_later(-1))
          .today(plan::facts(protocol::Mode::enforce, plan::kMonth_seconds,
                             {"mx1.example.com", "mx2.example.com"}),
                 plan::kPlanNow)
          .make();
  json plan = made(plan::PlanKind::rollback, plan::enforced_report(), history);
  EXPECT_EQ(plan.size(), 9u);
  EXPECT_EQ(plan["senders"].size(), 3u);
  EXPECT_EQ(plan["domain"], "example.com");
  EXPECT_EQ(plan["kind"], "rollback");
  EXPECT_EQ(plan["at"], "2026-11-02T10:15:00Z");
  EXPECT_FALSE(plan["summary"].get<std::string>().empty());
  EXPECT_EQ(plan["assumption"],
            "The dates are based on the history of this domain since 2026-09-03.");
  EXPECT_EQ(plan["placeholder"], false);
  EXPECT_EQ(plan["held"], json::parse(R"([{"mode":"enforce","max_age":31557600,"id":"old",
      "last_served":"2026-11-01T10:15:00Z","until":"2027-11-01T16:15:00Z"}])"));
  ASSERT_EQ(plan["steps"].size(), 4u);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(plan["steps"][i].size(), 7u);
    EXPECT_EQ(plan["steps"][i]["number"], i + 1);
  }
  const json& policy = plan["steps"][0];
  EXPECT_EQ(policy["policy"],
            "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
            "max_age: 86400\r\n");
  EXPECT_TRUE(policy["record"].is_null());
  EXPECT_TRUE(policy["wait_until"].is_null());
  const json& record = plan["steps"][1];
  EXPECT_TRUE(record["policy"].is_null());
  EXPECT_EQ(record["record"], json::parse(R"({"name":"_mta-sts.example.com",
      "value":"v=STSv1; id=20261102101500"})"));
  const json& wait = plan["steps"][2];
  EXPECT_EQ(wait["wait_until"], "2027-11-01T16:15:00Z");
  EXPECT_TRUE(wait["policy"].is_null());
}

TEST(PlanJson, EveryKeyOfTheRollout) {
  verdict::Report report =
      plan::report_of(protocol::Mode::testing, 604800, {"mx1.example.com", "mx2.example.com"});
  plan::HistoryMaker maker;
  maker.today(plan::facts(protocol::Mode::testing, 604800, report.policy.mx), plan::kPlanNow);
  maker.raw().record.value = "20261001T000000";
  verdict::SeenPhase& phase = maker.raw().phase;
  phase.phase = verdict::RolloutPhase::testing_week;
  phase.since = phase.mode_since = phase.clean_from = plan::days_later(-4);
  phase.clean_seen = plan::kPlanNow;
  json plan = made(plan::PlanKind::enforce, report, maker.make());
  EXPECT_EQ(plan.size(), 10u);
  EXPECT_EQ(plan["kind"], "enforce");
  const json& rollout = plan["rollout"];
  EXPECT_EQ(rollout.size(), 5u);
  EXPECT_EQ(rollout["phase"], "testing_week");
  EXPECT_EQ(rollout["since"], "2026-10-29T10:15:00Z");
  EXPECT_EQ(rollout["ready"], false);
  EXPECT_EQ(rollout["next"], json::parse(R"({"phase":"enforce_week","mode":"enforce",
      "max_age":604800,"optional":false,"earliest":"2026-11-12T10:15:00Z"})"));
  ASSERT_EQ(rollout["obstacles"].size(), 2u);
  EXPECT_EQ(rollout["obstacles"][0]["kind"], "too_early");
  EXPECT_EQ(rollout["obstacles"][0]["blocks"], true);
  EXPECT_TRUE(rollout["obstacles"][0]["subject"].is_null());
  EXPECT_EQ(rollout["obstacles"][1]["kind"], "reports_off");
  ASSERT_EQ(plan["outline"].size(), 3u);
  EXPECT_EQ(plan["outline"][2], json::parse(R"({"phase":"enforce_year","mode":"enforce",
      "max_age":31536000,"optional":true,"earliest":"2027-01-11T10:15:00Z"})"));
  EXPECT_TRUE(made(plan::PlanKind::enforce, plan::blind_report())["rollout"].is_null());
}

TEST(PlanJson, LinesOfTheSettings) {
  plan::PlanInput input = plan::plan_input(plan::enforced_report(), nullptr, plan::kPlanNow);
  input.hosted = plan::HostedSource{
      protocol::Mode::enforce, input.policy.mx, plan::kMonth_seconds, {"example.com"}};
  json plan = json::parse(plan_json(plan::make_plan(plan::PlanKind::rollback, input)));
  EXPECT_EQ(plan["steps"][0]["settings"],
            json::parse(R"(["mode = \"testing\"", "max_age = \"1d\""])"));
  EXPECT_TRUE(plan["steps"][0]["policy"].is_null());
  EXPECT_FALSE(plan["steps"][2].contains("settings"));
}

TEST(PlanJson, NoStepsNoVerifyPlaceholder) {
  json nothing = made(plan::PlanKind::remove, plan::absent_report());
  EXPECT_EQ(nothing["steps"], json::array());
  EXPECT_EQ(nothing["held"], json::array());
  EXPECT_TRUE(
      made(plan::PlanKind::remove, plan::enforced_report())["steps"][2]["verify"].is_null());
  json move = made(plan::PlanKind::mx_move, plan::enforced_report());
  EXPECT_EQ(move["kind"], "mx-move");
  EXPECT_EQ(move["placeholder"], true);
}

TEST(PlanJson, OctetsThatAreNotUtf8) {
  verdict::HistoryPtr history =
      plan::HistoryMaker()
          .gone(plan::facts(protocol::Mode::enforce, 31557600, {"mx1.example.com"}),
                plan::days_later(-1), "\xFF\x00\x1B[2J")
          .make();
  EXPECT_EQ(made(plan::PlanKind::rollback, plan::blind_report(), history)["held"].size(), 1u);
}

}  // namespace
}  // namespace mtasts::present
