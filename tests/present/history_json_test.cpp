// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/history_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "plan/planned_domain.h"

namespace mtasts::present {
namespace {

using nlohmann::json;
using plan::days_later;
using plan::kPlanNow;

TEST(HistoryJson, EveryKey) {
  plan::HistoryMaker maker;
  maker.gone(plan::facts(protocol::Mode::enforce, 2592000, {"mx1.example.com"}), days_later(-2))
      .gone(plan::facts(protocol::Mode::enforce, 86400, {"mx0.example.com"}), days_later(-2))
      .today(plan::facts(protocol::Mode::testing, 86400, {"mx1.example.com"}), kPlanNow);
  maker.raw().record.changes = 3;
  maker.raw().policy.changes = 2;
  maker.raw().mx.changes = 1;
  state::Timeline timeline;
  timeline.changes = {{days_later(-2), "policy_mode", "", "enforce", "testing"},
                      {days_later(-9), "mx_certificate", "mx1.example.com", "none", "ab\xFF"}};
  timeline.cut = true;
  std::string text = history_json("example.com", timeline, maker.make().get(), kPlanNow);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(json::parse(text), json::parse(R"({
    "domain": "example.com", "since": "2026-09-03T10:15:00Z",
    "record_changes": 3, "policy_changes": 2, "mx_changes": 1,
    "held": [{"mode": "enforce", "max_age": 2592000, "id": "old",
              "last_served": "2026-10-31T10:15:00Z", "until": "2026-11-30T10:15:00Z"}],
    "changes": [
      {"at": "2026-10-31T10:15:00Z", "what": "policy_mode", "subject": "",
       "from": "enforce", "to": "testing"},
      {"at": "2026-10-24T10:15:00Z", "what": "mx_certificate", "subject": "mx1.example.com",
       "from": "none", "to": "ab\ufffd"}],
    "cut": true})"));
}

TEST(HistoryJson, NothingRemembered) {
  EXPECT_EQ(json::parse(history_json("example.com", {}, nullptr, kPlanNow)),
            json::parse(R"({"domain": "example.com", "since": null, "record_changes": 0,
              "policy_changes": 0, "mx_changes": 0, "held": [], "changes": [], "cut": false})"));
}

}  // namespace
}  // namespace mtasts::present
