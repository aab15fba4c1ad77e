// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Changes of what is published: body, id, mode, max_age, and a flapping policy.
#include "watched_domain.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// ---- A body under the same id -----------------------------------------------------------------

TEST(BodyChanged, OpensAtTheSecondCheckAndStatesTheExpiry) {
  WatchedDomain domain = settled();
  Time last = domain.now + minutes(15);
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  EXPECT_TRUE(is_unsettled(*domain.history));
  domain.look_after(minutes(1));
  EXPECT_EQ(domain.open(), Codes{"sts-body-changed-id-same"});
  EXPECT_EQ(domain.report.stage(Stage::change), StageResult::fail);
  EXPECT_EQ(
      domain.message("sts-body-changed-id-same"),
      "The policy changed on 2026-11-02, but the id is still \"1\"; senders may hold the policy "
      "last served on 2026-11-02 (mode enforce, max_age 604800) under it until 2026-11-09");
  EXPECT_EQ(
      find(domain.report, "sts-body-changed-id-same")->fix,
      "If the policy served now is the intended one and covers every MX host, publish the record "
      "with a new id: \"v=STSv1; id=20261102103100\"");
  domain.look_after(last + kWeek - domain.now - seconds(1));
  EXPECT_EQ(domain.open(), Codes{"sts-body-changed-id-same"});
  domain.look_after(seconds(1));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(BodyChanged, ClosesWithANewId) {
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.settle();
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

TEST(BodyChanged, IsNotReportedWhenItMeansTheSame) {
  WatchedDomain domain = settled();
  domain.body = "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: a.example\nx_note: hello\n";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_EQ(domain.history->policy.changes, 1u);  // bodies are counted anyway
  ASSERT_EQ(domain.changes.size(), 1u);
  EXPECT_EQ(domain.changes[0].what, "policy_body");
}

TEST(BodyChanged, IsNotReportedForTheRightOrder) {  // RFC 8461 §8.1: the body first, then the id
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.look_after(minutes(15));
  domain.id = "2";
  for (int i = 0; i < 10; ++i) {
    domain.look_after(minutes(1));
    EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"}) << i;
  }
}

TEST(BodyChanged, WaitsForTheRecordsTtl) {  // the resolver may still cache the old id
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.record_ttl = minutes(50);
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  domain.record_ttl = minutes(10);
  domain.look_after(minutes(48));
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  domain.look_after(minutes(1));
  EXPECT_EQ(domain.open(), Codes{"sts-body-changed-id-same"});
}

TEST(BodyChanged, AnEndlessTtlDoesNotSilenceIt) {
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.record_ttl = seconds(2147483647);
  domain.settle();
  domain.look_after(hours(24));
  EXPECT_TRUE(domain.open().contains("sts-body-changed-id-same"));
}

TEST(BodyChanged, OneStaleEdgeOpensNothing) {
  WatchedDomain domain = settled();
  for (int i = 0; i < 50; ++i) {
    domain.set_policy("enforce", 604800, {i == 25 ? "old.example" : "a.example"});
    domain.look_after(minutes(15));
    EXPECT_EQ(domain.report.stage(Stage::change), StageResult::pass) << i;
  }
  // Senders that fetched at that moment hold it anyway.
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  EXPECT_EQ(domain.history->policy.changes, 0u);
}

// ---- Ids ---------------------------------------------------------------------------------------

TEST(IdChanged, BeforeTheBody) {
  WatchedDomain domain = settled();
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-id-changed-body-same"});
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-id-changed-before-body"});
  EXPECT_EQ(domain.message("sts-id-changed-before-body"),
            "The id became \"2\" on 2026-11-02, before the policy changed on 2026-11-02; senders "
            "may hold the policy last served on 2026-11-02 (mode enforce, max_age 604800) under it "
            "until 2026-11-09");
  domain.id = "3";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

TEST(IdChanged, LongBeforeTheBodyIsAnotherMatter) {
  WatchedDomain domain = settled();
  domain.id = "2";
  domain.settle();
  domain.look_after(hours(24));
  EXPECT_EQ(domain.open(), Codes());
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-body-changed-id-same"});
}

TEST(IdChanged, ForAnotherChangeIsNotBeforeTheBody) {
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.look_after(minutes(15));
  domain.id = "2";  // announces that change
  domain.settle();
  domain.set_policy("enforce", 604800, {"a.example", "c.example"});
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-body-changed-id-same"});
}

TEST(IdChanged, Backwards) {
  struct Case {
    const char* from;
    const char* to;
    bool backwards;
  };
  for (const Case& c :
       {Case{"20261102", "20261101", true},
        {"20261101", "20261102", false},
        {"20261102", "2026110", false},   // another length means another scheme
        {"2026110b", "2026110a", false},  // not a number
        {"99999999999999999999999999999999", "99999999999999999999999999999998", true}}) {
    WatchedDomain domain;
    domain.id = c.from;
    domain.settle();
    domain.id = c.to;
    domain.settle();
    EXPECT_EQ(domain.open().contains("sts-id-went-backwards"), c.backwards) << c.from;
    domain.look_after(hours(24));
    EXPECT_EQ(domain.open(), Codes()) << c.from;
  }
}

TEST(IdReused, MattersWhileSendersHoldThePolicyOfThatTime) {
  WatchedDomain domain = settled();
  domain.id = "2";
  domain.set_policy("enforce", 604800, {"b.example"});
  domain.settle();
  domain.set_policy("enforce", 604800, {"c.example"});
  domain.look_after(minutes(15));
  domain.id = "1";
  domain.settle();
  EXPECT_TRUE(domain.open().contains("sts-id-reused"));
  EXPECT_NE(domain.message("sts-id-reused").find("reappeared on 2026-11-02; senders may hold"),
            std::string::npos);
  domain.look_after(hours(30));
  EXPECT_TRUE(domain.open().contains("sts-id-reused"));
  domain.look_after(kWeek);
  EXPECT_FALSE(domain.open().contains("sts-id-reused"));
}

TEST(IdReused, IsNotReportedForARecordThatWasAbsent) {
  WatchedDomain domain = settled();
  domain.id = std::nullopt;
  domain.settle();
  domain.id = "1";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
}

TEST(IdReused, IsNotReportedWhenTwoNameServersDisagreeForAMoment) {
  WatchedDomain domain = settled();
  for (const char* id : {"2", "1", "2", "2", "2"}) {
    domain.id = id;
    domain.look_after(minutes(1));
    EXPECT_FALSE(domain.open().contains("sts-id-reused"));
  }
}

// ---- Mode and max_age ---------------------------------------------------------------------------

TEST(ModeFell, IsReportedForTheChangeHold) {
  for (std::string mode : {"testing", "none"}) {
    std::string code = "sts-mode-downgrade-enforce-" + mode;
    WatchedDomain domain = settled();
    domain.thresholds.change_hold = hours(48);
    domain.set_policy(mode, 604800, {"a.example"});
    domain.look_after(minutes(15));
    Time fell = domain.now;
    EXPECT_FALSE(domain.open().contains(code));
    domain.id = "2";
    domain.look_after(minutes(1));
    domain.look_after(minutes(1));
    EXPECT_TRUE(domain.open().contains(code)) << mode;
    EXPECT_EQ(domain.message(code),
              "The mode was enforce until 2026-11-02T10:30:00Z and is now " + mode);
    domain.look_after(fell + hours(48) - domain.now - seconds(1));
    EXPECT_TRUE(domain.open().contains(code));
    domain.look_after(seconds(1));
    EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  }
}

TEST(ModeFell, IsOverWhenEnforcedAgain) {
  WatchedDomain domain = settled();
  domain.set_policy("testing", 604800, {"a.example"});
  domain.id = "2";
  domain.settle();
  EXPECT_TRUE(domain.open().contains("sts-mode-downgrade-enforce-testing"));
  domain.set_policy("enforce", 604800, {"a.example"});
  domain.id = "3";
  domain.settle();
  EXPECT_FALSE(domain.open().contains("sts-mode-downgrade-enforce-testing"));
}

TEST(ModeFell, IsNotReportedForTesting) {
  WatchedDomain domain;
  domain.set_policy("testing", 604800, {"a.example"});
  domain.settle();
  domain.set_policy("none", 604800, {"a.example"});
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

TEST(MaxAge, ReducedAndRaised) {
  for (uint64_t to : {86400u, 2592000u}) {
    WatchedDomain domain = settled();
    domain.set_policy("enforce", to, {"a.example"});
    domain.id = "2";
    domain.settle();
    std::string code = to < 604800 ? "sts-max-age-reduced" : "sts-max-age-raised";
    EXPECT_TRUE(domain.open().contains(code)) << to;
    EXPECT_NE(domain.message(code).find("was 604800 until"), std::string::npos);
    domain.look_after(hours(24));
    EXPECT_FALSE(domain.open().contains(code)) << to;
  }
}

TEST(MaxAge, IsNotReportedWithADowngrade) {  // §8.3: mode none comes with a short max_age
  WatchedDomain domain = settled();
  domain.set_policy("none", 86400, {});
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), (Codes{"sts-mode-downgrade-enforce-none", "sts-cache-window-open"}));
}

// ---- Flapping ----------------------------------------------------------------------------------

TEST(Flapping, IsItsOwnFinding) {
  WatchedDomain domain = settled();
  for (int i = 1; i <= 6; ++i) {
    domain.set_policy("enforce", 604800, {i % 2 == 0 ? "a.example" : "b.example"});
    domain.look_after(minutes(1));
  }
  EXPECT_EQ(domain.open(), (Codes{"sts-cache-window-open", "sts-policy-flapping"}));
  EXPECT_EQ(domain.message("sts-policy-flapping"),
            "The served policy reverted to an earlier version 3 times since 2026-11-02T10:19:00Z: "
            "mode enforce with max_age 604800 and mx a.example; mode enforce with max_age 604800 "
            "and mx b.example");
  domain.look_after(hours(6));
  EXPECT_FALSE(domain.open().contains("sts-policy-flapping"));
}

TEST(Flapping, IsNotReportedForARolloutThatMeetsAStaleEdgeOnce) {
  WatchedDomain domain = settled();
  domain.id = "2";
  for (const char* host : {"b.example", "a.example", "b.example", "b.example", "b.example"}) {
    domain.set_policy("enforce", 604800, {host});
    domain.look_after(minutes(1));
    EXPECT_FALSE(domain.open().contains("sts-policy-flapping"));
  }
}

TEST(Flapping, IsNotReportedForARollback) {
  WatchedDomain domain = settled();
  domain.set_policy("testing", 604800, {"a.example"});
  domain.id = "2";
  domain.settle();
  domain.set_policy("enforce", 604800, {"a.example"});
  domain.id = "3";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

}  // namespace
}  // namespace mtasts::verdict
