// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/plan_text.h"

#include <gmock/gmock.h>

#include <sstream>

#include "cli/console_text.h"
#include "fakes/golden.h"
#include "plan/planned_domain.h"

namespace mtasts::cli {
namespace {

using fakes::golden;
using testing::HasSubstr;
using testing::Not;

constexpr size_t kWidth = 100;

verdict::HistoryPtr history_with_an_old_policy() {
  return plan::HistoryMaker()
      .gone(plan::facts(protocol::Mode::enforce, 31557600, {"mx0.example.com"}),
            plan::days_later(-30))
      .today(plan::facts(protocol::Mode::enforce, plan::kMonth_seconds,
                         {"mx1.example.com", "mx2.example.com"}),
             plan::kPlanNow)
      .make();
}

plan::Plan made(plan::PlanKind kind, const verdict::Report& report,
                verdict::HistoryPtr history = nullptr, std::vector<std::string> new_hosts = {}) {
  plan::PlanInput input = plan::plan_input(report, std::move(history), plan::kPlanNow);
  input.new_hosts = std::move(new_hosts);
  return plan::make_plan(kind, input);
}

TEST(PlanText, Rollback) {
  EXPECT_EQ(plan_text(made(plan::PlanKind::rollback, plan::enforced_report(),
                           history_with_an_old_policy()),
                      false, kWidth),
            golden("plan_rollback.txt"));
}

TEST(PlanText, Remove) {
  EXPECT_EQ(plan_text(made(plan::PlanKind::remove, plan::enforced_report()), false, kWidth),
            golden("plan_remove.txt"));
}

TEST(PlanText, MxMove) {
  EXPECT_EQ(plan_text(made(plan::PlanKind::mx_move, plan::enforced_report()), false, kWidth),
            golden("plan_mx_move.txt"));
}

plan::PlanInput in_testing(int days) {
  verdict::Report report =
      plan::report_of(protocol::Mode::testing, 604800, {"mx1.example.com", "mx2.example.com"});
  plan::HistoryMaker maker;
  maker.today(plan::facts(protocol::Mode::testing, 604800, report.policy.mx), plan::kPlanNow);
  maker.raw().record.value = "20261001T000000";
  verdict::SeenPhase& phase = maker.raw().phase;
  phase.phase = verdict::RolloutPhase::testing_week;
  phase.since = phase.mode_since = phase.clean_from = plan::days_later(-days);
  phase.clean_seen = plan::kPlanNow;
  return plan::plan_input(report, maker.make(), plan::kPlanNow);
}

TEST(PlanText, Enforce) {
  EXPECT_EQ(plan_text(plan::plan_enforce(in_testing(20)), false, kWidth),
            golden("plan_enforce.txt"));
}

TEST(PlanText, EnforceWhereTheAgentServesThePolicy) {
  plan::PlanInput input = in_testing(20);
  input.hosted =
      plan::HostedSource{protocol::Mode::testing, input.policy.mx, 604800, {"example.com"}};
  std::string text = plan_text(plan::plan_enforce(input), false, kWidth);
  EXPECT_THAT(text, HasSubstr("\n             mode = \"enforce\"\n"));
  EXPECT_THAT(text, Not(HasSubstr("version: STSv1")));
  EXPECT_THAT(text, HasSubstr("_mta-sts.example.com. IN TXT \"v=STSv1; id="));
}

TEST(PlanText, EnforceSaysWhatSpeaksAgainstIt) {
  std::string text = plan_text(plan::plan_enforce(in_testing(4)), false, kWidth);
  EXPECT_THAT(text, HasSubstr("What speaks against the next step\n"));
  EXPECT_THAT(text, HasSubstr("Wait until 2026-11-12."));
  EXPECT_THAT(text, HasSubstr("Worth knowing\n"));
}

TEST(PlanText, NothingToDo) {
  EXPECT_EQ(plan_text(made(plan::PlanKind::rollback, plan::absent_report()), false, kWidth),
            "example.com: plan rollback  (2026-11-02 10:15 UTC)\n"
            "  There is nothing to roll back: no policy was seen, and no sender is known to hold "
            "one in mode\n  enforce.\n"
            "  There is no history of this domain, so only the current state is considered.\n");
}

TEST(PlanText, WrapsToTheWidthButNeverWhatIsCopied) {
  plan::Plan plan = made(plan::PlanKind::mx_move, plan::enforced_report(),
                         history_with_an_old_policy(), {"mx.new.example"});
  std::istringstream lines(plan_text(plan, false, 60));
  std::string line;
  while (std::getline(lines, line)) {
    bool copied = line.find("check   ") != std::string::npos ||
                  line.find(" IN TXT ") != std::string::npos ||
                  line.find("https://") != std::string::npos;
    EXPECT_TRUE(copied || shown_width(line) <= 60) << line;
  }
}

TEST(PlanText, ColourAddsNothingButColour) {
  plan::Plan plan =
      made(plan::PlanKind::mx_move, plan::enforced_report(), history_with_an_old_policy());
  std::string coloured = plan_text(plan, true, kWidth);
  EXPECT_THAT(coloured, HasSubstr("\x1B[33m2027-10-03 16:15 UTC\x1B[0m"));
  for (size_t at; (at = coloured.find('\x1B')) != std::string::npos;)
    coloured.erase(at, coloured.find('m', at) - at + 1);
  EXPECT_EQ(coloured, plan_text(plan, false, kWidth));
}

TEST(PlanText, NamesInUnicode) {
  EXPECT_EQ(shown_domain("xn--bcher-kva.example"), "bücher.example (xn--bcher-kva.example)");
  EXPECT_EQ(shown_domain("example.com"), "example.com");
  EXPECT_EQ(shown_domain("a\x1B[2J"), "a\\x1B[2J");
  EXPECT_EQ(minute_text(plan::kPlanNow), "2026-11-02 10:15 UTC");
}

TEST(PlanText, NothingForeignReachesTheTerminal) {
  verdict::Report report = plan::enforced_report();
  report.mx[0].host = "\x1B[2J.example.com";
  plan::Plan plan = made(plan::PlanKind::rollback, report);
  plan.domain = "\x1B]0;x\x07";
  EXPECT_THAT(plan_text(plan, false, kWidth), Not(HasSubstr("\x1B")));
}

}  // namespace
}  // namespace mtasts::cli
