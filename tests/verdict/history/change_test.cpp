// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The stage `change`: when each of its findings opens, what it states, and when it closes by
// itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "watched_domain.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TEST(Change, AnUnchangedDomainHasNoFinding) {
  WatchedDomain domain = settled();
  for (int i = 0; i < 100; ++i) domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_EQ(domain.report.stage(Stage::change), StageResult::pass);
  EXPECT_TRUE(domain.changes.empty());
  EXPECT_FALSE(is_unsettled(*domain.history));
}

TEST(Change, DoesNotApplyWithoutAMemory) {
  Scene scene;
  EXPECT_EQ(scene.judged().stage(Stage::change), StageResult::not_applicable);
  EXPECT_EQ(scene.judged().history, nullptr);
}

TEST(Change, DoesNotApplyToADomainThatNeverTookPart) {
  WatchedDomain domain;
  domain.withdraw();
  domain.settle();
  domain.mx = {"b.example"};
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_EQ(domain.report.stage(Stage::change), StageResult::not_applicable);
}

TEST(Change, IsUnknownWhereRecordOrPolicyCouldNotBeSeen) {
  for (bool record : {true, false}) {
    WatchedDomain domain = settled();
    (record ? domain.record_unseen : domain.policy_unseen) = true;
    domain.settle();
    EXPECT_EQ(domain.report.stage(Stage::change), StageResult::unknown);
    EXPECT_EQ(domain.open(), Codes{"sts-change-unchecked"});
  }
}

// ---- Bounds ------------------------------------------------------------------------------------

TEST(Remembered, StaysBoundedWhateverADomainServes) {
  WatchedDomain domain;
  for (int i = 0; i < 1000; ++i) {
    std::string n = std::to_string(i);
    domain.id = n;
    domain.set_policy("enforce", 604800 + static_cast<uint64_t>(i), {"h" + n + ".example"});
    domain.mx = {"h" + n + ".example", "g" + n + ".example"};
    domain.settle(minutes(1));
  }
  EXPECT_LE(domain.history->ids.size(), kMostRemembered);
  EXPECT_LE(domain.history->instances.size(), kMostRemembered);
  EXPECT_LE(domain.history->mx_hosts.size(), kMostRemembered);
  EXPECT_LE(domain.history->policy_returns.size(), 4u);
  EXPECT_EQ(domain.history->policy.changes, 999u);
}

TEST(Remembered, ForgetsWhatIsOverAndNeverWhatMayBeHeld) {
  WatchedDomain domain;
  domain.thresholds.retention = hours(24);
  domain.set_policy("enforce", 31557600, {"a.example"});
  domain.settle();
  domain.id = "2";
  domain.set_policy("enforce", 86400, {"a.example"});
  domain.settle();
  domain.id = "3";
  domain.set_policy("enforce", 172800, {"a.example"});
  domain.settle();
  domain.look_after(hours(24 * 30));
  EXPECT_EQ(domain.history->instances.size(), 2u);  // that of a year and the current one
  ASSERT_EQ(held_policies(*domain.history, domain.now).size(), 1u);
  EXPECT_EQ(held_policies(*domain.history, domain.now)[0].policy->max_age_seconds, 31557600u);
  domain.look_after(hours(24 * 366));
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
  domain.look_after(kWeek);
  EXPECT_EQ(domain.history->instances.size(), 1u);
}

TEST(Timeline, ListsChangesWithOldAndNewValues) {
  WatchedDomain domain = settled();
  domain.set_policy("testing", 86400, {"a.example", "*.mail.protection.outlook.com"});
  domain.mx = {"example-com.mail.protection.outlook.com"};
  domain.look_after(minutes(15));
  Time at = domain.now;
  domain.id = "2";
  domain.look_after(minutes(1));
  domain.look_after(minutes(1));
  std::vector<Change> expected = {
      {at, "policy_mode", "", "enforce", "testing"},
      {at, "policy_max_age", "", "604800", "86400"},
      {at, "policy_mx", "", "a.example", "*.mail.protection.outlook.com, a.example"},
      {at, "mx_set", "", "a.example", "example-com.mail.protection.outlook.com"},
      {at + minutes(1), "mx_provider", "", "not recognised", "Microsoft 365"},
      {at + minutes(1), "record_id", "", "1", "2"}};
  EXPECT_EQ(domain.changes, expected);
}

// ---- The vectors -------------------------------------------------------------------------------

// Each state of a vector is observed by two checks, the second a minute later.
TEST(Vectors, Temporal) {
  std::ifstream file(MTASTS_TESTS_DIR "/protocol/vectors.json");
  auto vectors = nlohmann::json::parse(file);
  int count = 0;
  for (const auto& vector : vectors) {
    if (vector["kind"] != "temporal") continue;
    ++count;
    SCOPED_TRACE(vector.dump());
    WatchedDomain domain;
    for (const auto& state : vector["input"]) {
      domain.id = domain.body = std::nullopt;
      if (state.contains("id") && state["id"].is_string()) domain.id = state["id"];
      if (state.contains("policy") && !state["policy"].is_null())
        domain.set_policy(state["policy"]["mode"], state["policy"]["max_age"],
                          state["policy"]["mx"].get<std::vector<std::string>>());
      if (state.contains("mx")) domain.mx = state["mx"].get<std::vector<std::string>>();
      domain.policy_unseen = !state.contains("policy");
      domain.now = kNow + seconds(state["t"].get<int>());
      domain.look();
      domain.look_after(minutes(1) - seconds(1));
    }
    EXPECT_EQ(domain.open(), vector["expect"]["codes"].get<Codes>());
  }
  EXPECT_EQ(count, 5);
}

TEST(Change, EveryRowHasACase) {  // each of them opens in some test of these files
  std::string text;
  for (const auto& entry :
       std::filesystem::directory_iterator(MTASTS_TESTS_DIR "/verdict/history")) {
    std::ifstream file(entry.path());
    text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  for (const FindingRow& row : findings_table())
    if (row.stage == Stage::change) {
      bool named = text.find("\"" + std::string(row.code) + "\"") != std::string::npos ||
                   row.code.text().starts_with("sts-mode-downgrade-enforce-");
      EXPECT_TRUE(named) << row.code.text();
    }
}

}  // namespace
}  // namespace mtasts::verdict
