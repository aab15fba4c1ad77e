// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include "present/page.h"
#include "verdict/rollout.h"

namespace mtasts::present {
namespace {

using std::chrono::seconds;
using verdict::RolloutPhase;

constexpr Time kSince{seconds(1763755600)};  // 2025-11-21

verdict::Rollout testing() {
  verdict::Rollout rollout;
  rollout.phase = RolloutPhase::testing_day;
  rollout.since = kSince;
  rollout.next = verdict::NextStep{RolloutPhase::testing_week, protocol::Mode::testing, 604800,
                                   false, kSince + seconds(14 * 86400)};
  return rollout;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(RolloutSection, SaysWhatComesNextAndWhen) {
  std::string section = rollout_section("example.com", testing());
  EXPECT_TRUE(has(section, "Mode testing with a max_age below a week since 2025-11-21."))
      << section;
  EXPECT_TRUE(has(section, "max_age 604800, from 2025-12-05 on."));
  EXPECT_TRUE(has(section, "mtasts-exporter plan enforce example.com\n"));
  EXPECT_FALSE(has(section, "rollback"));
  EXPECT_FALSE(has(section, "<ul>"));
}

TEST(RolloutSection, SaysThatNothingSpeaksAgainstTheNextStep) {
  verdict::Rollout rollout = testing();
  rollout.ready = true;
  EXPECT_TRUE(has(rollout_section("example.com", rollout), "nothing speaks against it."));
}

TEST(RolloutSection, ListsObstaclesAndTrustsNoText) {
  verdict::Rollout rollout = testing();
  rollout.next->earliest.reset();
  rollout.obstacles = {{verdict::ObstacleKind::finding, "x", "<b>fails", "Mend it."},
                       {verdict::ObstacleKind::reports_off, "", "Nobody tells.", "Ask.", false}};
  std::string section = rollout_section("example.com", rollout);
  EXPECT_TRUE(has(section, "<li>&lt;b&gt;fails Mend it.</li>")) << section;
  EXPECT_TRUE(has(section, "<li class=\"dim\">Nobody tells. Ask.</li>"));
  EXPECT_FALSE(has(section, " on.")) << "no date before the fault is gone";
}

TEST(RolloutSection, BeginsWithGenerateAndEndsWithRollback) {
  verdict::Rollout rollout;
  std::string section = rollout_section("example.com", rollout);
  EXPECT_TRUE(has(section, "MTA-STS is not in use. There is no further step.")) << section;
  EXPECT_TRUE(has(section, "mtasts-exporter generate all example.com --out mta-sts\n"));
  EXPECT_FALSE(has(section, "plan"));
  rollout.phase = RolloutPhase::enforce_year;
  EXPECT_TRUE(has(rollout_section("example.com", rollout), "plan rollback example.com\n"));
}

}  // namespace
}  // namespace mtasts::present
