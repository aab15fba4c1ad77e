// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include "cli/history_command.h"
#include "plan/planned_domain.h"

namespace mtasts::cli {
namespace {

using plan::days_later;
using plan::facts;
using plan::HistoryMaker;
using plan::kPlanNow;
using testing::HasSubstr;

state::Timeline timeline() {
  state::Timeline timeline;
  timeline.changes = {{days_later(-2), "policy_mode", "", "enforce", "testing"},
                      {days_later(-9), "mx_certificate", "mx1.example.com", "none", "ab\x1B[2J"},
                      {days_later(-12), "something_new", "", "1", "2"}};
  return timeline;
}

TEST(HistoryText, SinceHeldAndTimeline) {
  HistoryMaker maker;
  maker.gone(facts(protocol::Mode::enforce, 2592000, {"mx1.example.com"}), days_later(-2))
      .today(facts(protocol::Mode::testing, 86400, {"mx1.example.com"}), kPlanNow);
  maker.raw().record.changes = 2;
  maker.raw().policy.changes = 1;
  EXPECT_EQ(history_text("example.com", timeline(), maker.make().get(), kPlanNow, false, 100),
            "example.com: recorded since 2026-09-03 10:15 UTC\n"
            "  2 changes of the record, 1 change of the policy, 0 changes of the MX hosts.\n"
            "\n"
            "  Policies that senders may still hold\n"
            "  - the policy last served on 2026-10-31 (mode enforce, max_age 2592000), until "
            "2026-11-30 10:15\n"
            "    UTC: mx mx1.example.com\n"
            "\n"
            "  Changes, newest first\n"
            "  2026-10-31 10:15 UTC  policy mode\n"
            "      enforce → testing\n"
            "  2026-10-24 10:15 UTC  MX certificate of mx1.example.com\n"
            "      none → ab\\x1B[2J\n"
            "  2026-10-21 10:15 UTC  something_new\n"
            "      1 → 2\n");
}

TEST(HistoryText, NothingHeldNothingChanged) {
  verdict::HistoryPtr history =
      HistoryMaker()
          .today(facts(protocol::Mode::testing, 86400, {"mx1.example.com"}), kPlanNow)
          .make();
  std::string text = history_text("example.com", {}, history.get(), kPlanNow, false, 100);
  EXPECT_THAT(text, HasSubstr("No sender can hold a policy other than the one last served."));
  EXPECT_THAT(text, HasSubstr("No changes recorded."));
}

TEST(HistoryText, CutAndWithoutAHistory) {
  state::Timeline cut = timeline();
  cut.cut = true;
  std::string text = history_text("xn--bcher-kva.example", cut, nullptr, kPlanNow, true, 100);
  EXPECT_THAT(text,
              HasSubstr("bücher.example (xn--bcher-kva.example)\x1B[0m: only the list of changes"));
  EXPECT_THAT(text, HasSubstr("use --limit to show more"));
}

}  // namespace
}  // namespace mtasts::cli
