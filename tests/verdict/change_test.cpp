// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The stage `change`: when each of its findings opens, what it says, and when it closes by itself.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "watched_domain.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Codes = std::set<std::string>;

constexpr auto kWeek = hours(24 * 7);

// A domain that was seen twice as WatchedDomain makes it.
WatchedDomain settled() {
  WatchedDomain domain;
  domain.look();
  domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes());
  return domain;
}

TEST(Change, HasNothingToSayOfADomainThatStaysAsItIs) {
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
    EXPECT_EQ(domain.open(), Codes());
  }
}

// ---- A body under the same id -----------------------------------------------------------------

TEST(BodyChanged, OpensAtTheSecondLookAndSaysUntilWhen) {
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
      "The policy changed on 2026-11-02 but the id is still \"1\"; senders may hold the policy "
      "last served 2026-11-02 (mode enforce, max_age 604800) under it until 2026-11-09");
  EXPECT_EQ(find(domain.report, "sts-body-changed-id-same")->fix,
            "Publish the record with a new id: \"v=STSv1; id=20261102103100\"");
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

TEST(BodyChanged, IsNoMatterWhenItMeansTheSame) {
  WatchedDomain domain = settled();
  domain.body = "version: STSv1\nmode: enforce\nmax_age: 604800\nmx: a.example\nx_note: hello\n";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_EQ(domain.history->policy.changes, 1u);  // bodies are counted all the same
  ASSERT_EQ(domain.changes.size(), 1u);
  EXPECT_EQ(domain.changes[0].what, "policy_body");
}

TEST(BodyChanged, IsNotSaidOfTheRightOrder) {  // RFC 8461 §8.1: the body, then the id
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.look_after(minutes(15));
  domain.id = "2";
  for (int i = 0; i < 10; ++i) {
    domain.look_after(minutes(1));
    EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"}) << i;
  }
}

TEST(BodyChanged, WaitsForTheRecordsTtl) {  // our own resolver may still hold the old id
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
  // Who fetched at that moment holds it all the same.
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
  EXPECT_EQ(
      domain.message("sts-id-changed-before-body"),
      "The id became \"2\" on 2026-11-02, before the policy changed on 2026-11-02; senders may "
      "hold the policy last served 2026-11-02 (mode enforce, max_age 604800) under it until "
      "2026-11-09");
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
  domain.id = "2";  // announces that one
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
        {"20261102", "2026110", false},   // another length: another scheme
        {"2026110b", "2026110a", false},  // no number
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
  EXPECT_NE(domain.message("sts-id-reused").find("came back on 2026-11-02; senders may hold"),
            std::string::npos);
  domain.look_after(hours(30));
  EXPECT_TRUE(domain.open().contains("sts-id-reused"));
  domain.look_after(kWeek);
  EXPECT_FALSE(domain.open().contains("sts-id-reused"));
}

TEST(IdReused, IsNotSaidOfARecordThatWasAway) {
  WatchedDomain domain = settled();
  domain.id = std::nullopt;
  domain.settle();
  domain.id = "1";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
}

TEST(IdReused, IsNotSaidWhenTwoNameServersDisagreeForAMoment) {
  WatchedDomain domain = settled();
  for (const char* id : {"2", "1", "2", "2", "2"}) {
    domain.id = id;
    domain.look_after(minutes(1));
    EXPECT_FALSE(domain.open().contains("sts-id-reused"));
  }
}

// ---- Mode and max_age ---------------------------------------------------------------------------

TEST(ModeFell, IsToldForTheHold) {
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
              "The mode was enforce until 2026-11-02T10:30:00Z and is " + mode + " now");
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

TEST(ModeFell, IsNotSaidOfTesting) {
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

TEST(MaxAge, OfAFallenModeIsPartOfIt) {  // §8.3: none comes with a short max_age
  WatchedDomain domain = settled();
  domain.set_policy("none", 86400, {});
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), (Codes{"sts-mode-downgrade-enforce-none", "sts-cache-window-open"}));
}

// ---- Removal
// -------------------------------------------------------------------------------------

TEST(Removed, WhileCachedUntilTheLastCopyExpires) {
  WatchedDomain domain = settled();
  domain.withdraw();
  domain.look_after(minutes(15));
  Time gone = domain.now;
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  domain.look_after(minutes(1));
  EXPECT_EQ(domain.open(), Codes{"sts-removed-while-cached"});
  EXPECT_EQ(find(domain.report, "sts-removed-while-cached")->severity, Severity::critical);
  EXPECT_EQ(domain.message("sts-removed-while-cached"),
            "Record and policy were removed on 2026-11-02, but senders may hold the policy last "
            "served 2026-11-02 (mode enforce, max_age 604800) until 2026-11-09");
  domain.look_after(gone + kWeek - domain.now - seconds(1));
  EXPECT_EQ(domain.open(), Codes{"sts-removed-while-cached"});
  domain.look_after(seconds(1));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, WhileOnlyTestingIsCachedIsNoNightAlarm) {
  WatchedDomain domain;
  domain.set_policy("testing", 604800, {"a.example"});
  domain.settle();
  domain.withdraw();
  domain.settle();
  EXPECT_EQ(find(domain.report, "sts-removed-while-cached")->severity, Severity::warning);
}

TEST(Removed, ClosesWhenRestored) {
  WatchedDomain domain = settled();
  domain.withdraw();
  domain.settle();
  domain.id = "1";
  domain.set_policy("enforce", 604800, {"a.example"});
  domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, InOrder) {  // RFC 8461 §8.3
  WatchedDomain domain = settled();
  domain.set_policy("none", 86400, {});
  domain.look_after(minutes(15));
  Time gone = domain.now;
  domain.id = "2";
  domain.look_after(minutes(1));
  domain.look_after(gone + kWeek - domain.now);
  EXPECT_EQ(domain.open(), Codes());
  domain.withdraw();
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});  // mode none, for a day
  domain.look_after(hours(25));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, BeforeExpiry) {
  WatchedDomain domain = settled();
  domain.set_policy("none", 86400, {});
  domain.look_after(minutes(15));
  domain.id = "2";
  domain.settle();
  domain.look_after(hours(48));
  domain.withdraw();
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-removed-before-expiry"});
  EXPECT_EQ(domain.message("sts-removed-before-expiry"),
            "The record was removed on 2026-11-04, but senders may hold the policy last served "
            "2026-11-02 (mode enforce, max_age 604800) until 2026-11-09");
  domain.look_after(kWeek);
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, TheRecordAloneIsADowngrade) {
  WatchedDomain domain = settled();
  domain.id = std::nullopt;
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-mode-downgrade-to-absent"});
  domain.look_after(hours(24));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, AfterTheLastCopyExpiredIsADowngrade) {
  WatchedDomain domain;
  domain.set_policy("enforce", 60, {"a.example"});
  domain.settle();
  domain.body = std::nullopt;
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());  // that the policy is unreachable is told by its own stage
  domain.id = std::nullopt;
  domain.settle(hours(1));
  EXPECT_EQ(domain.open(), Codes{"sts-mode-downgrade-to-absent"});
}

TEST(Removed, ThePolicyAloneIsNoRemoval) {
  WatchedDomain domain = settled();
  domain.body = std::nullopt;
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
  EXPECT_EQ(domain.history->policy.changes, 0u);
}

TEST(Removed, ARecordThatCannotBeSeenIsNotGone) {
  WatchedDomain domain = settled();
  domain.record_unseen = domain.policy_unseen = true;
  for (int i = 0; i < 10; ++i) domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
}

TEST(Removed, AResolverThatDeniesEveryNameRemovesNothing) {
  WatchedDomain domain = settled();
  domain.nothing_exists = true;
  domain.id = std::nullopt;
  for (int i = 0; i < 10; ++i) domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
  EXPECT_NE(find(domain.report, "mx-nxdomain"), nullptr);
}

// ---- Flapping
// --------------------------------------------------------------------------------------

TEST(Flapping, IsItsOwnFinding) {
  WatchedDomain domain = settled();
  for (int i = 1; i <= 6; ++i) {
    domain.set_policy("enforce", 604800, {i % 2 == 0 ? "a.example" : "b.example"});
    domain.look_after(minutes(1));
  }
  EXPECT_EQ(domain.open(), (Codes{"sts-cache-window-open", "sts-policy-flapping"}));
  EXPECT_EQ(
      domain.message("sts-policy-flapping"),
      "The served policy went back to an earlier one 3 times since 2026-11-02T10:19:00Z: mode "
      "enforce with max_age 604800 and mx a.example; mode enforce with max_age 604800 and mx "
      "b.example");
  domain.look_after(hours(6));
  EXPECT_FALSE(domain.open().contains("sts-policy-flapping"));
}

TEST(Flapping, IsNotSaidOfARolloutThatMeetsAStaleEdgeOnce) {
  WatchedDomain domain = settled();
  domain.id = "2";
  for (const char* host : {"b.example", "a.example", "b.example", "b.example", "b.example"}) {
    domain.set_policy("enforce", 604800, {host});
    domain.look_after(minutes(1));
    EXPECT_FALSE(domain.open().contains("sts-policy-flapping"));
  }
}

TEST(Flapping, IsNotSaidOfARollback) {
  WatchedDomain domain = settled();
  domain.set_policy("testing", 604800, {"a.example"});
  domain.id = "2";
  domain.settle();
  domain.set_policy("enforce", 604800, {"a.example"});
  domain.id = "3";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

// ---- MX
// ----------------------------------------------------------------------------------------------

TEST(MxChanged, AddedOutsideThePolicyUntilCovered) {
  WatchedDomain domain = settled();
  domain.mx = {"a.example", "b.example"};
  domain.look_after(minutes(15));
  EXPECT_FALSE(domain.open().contains("mx-added-not-covered"));
  domain.look_after(minutes(1));
  EXPECT_EQ(domain.open(), Codes{"mx-added-not-covered"});
  EXPECT_EQ(find(domain.report, "mx-added-not-covered")->severity, Severity::critical);
  EXPECT_EQ(find(domain.report, "mx-added-not-covered")->subject, "b.example");
  domain.look_after(hours(24 * 30));
  EXPECT_EQ(domain.open(), Codes{"mx-added-not-covered"});
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.id = "2";
  domain.settle();
  // Senders that hold the old policy still have the other host.
  EXPECT_EQ(domain.open(), Codes{"mx-changed-inside-cache-window"});
  EXPECT_EQ(find(domain.report, "mx-changed-inside-cache-window")->severity, Severity::info);
  domain.look_after(kWeek);
  EXPECT_EQ(domain.open(), Codes());
}

TEST(MxChanged, MovedInsideTheCacheWindow) {
  WatchedDomain domain = settled();
  domain.mx = {"b.example"};
  domain.set_policy("enforce", 604800, {"b.example"});
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"mx-changed-inside-cache-window"});
  const Finding* finding = find(domain.report, "mx-changed-inside-cache-window");
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_EQ(finding->message,
            "b.example was added on 2026-11-02, but senders may hold the policy last served "
            "2026-11-02 (mode enforce, max_age 604800) with mx a.example until 2026-11-09");
  EXPECT_EQ(finding->fix, "Keep an MX host that matches a.example until 2026-11-09");
  domain.look_after(kWeek);
  EXPECT_EQ(domain.open(), Codes());
}

TEST(MxChanged, ALookThatSeesNothingChangesNoFinding) {
  WatchedDomain domain = settled();
  domain.mx = {"b.example"};
  domain.settle();
  domain.record_unseen = domain.policy_unseen = true;
  domain.settle();
  EXPECT_EQ(domain.open(), (Codes{"mx-added-not-covered", "mx-removed"}));
  EXPECT_EQ(find(domain.report, "mx-added-not-covered")->severity, Severity::critical);
}

TEST(MxChanged, MovedAfterAnOverlapIsSafe) {  // RFC 8461 §8.1 and the old max_age
  WatchedDomain domain = settled();
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.look_after(minutes(15));
  domain.id = "2";
  domain.settle();
  domain.look_after(kWeek);
  domain.mx = {"b.example"};
  domain.settle();
  EXPECT_EQ(domain.open(), Codes{"mx-removed"});
  domain.look_after(hours(24));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(MxChanged, IsSafeWhileOnlyTestingIsHeld) {
  WatchedDomain domain;
  domain.set_policy("testing", 604800, {"a.example"});
  domain.settle();
  domain.mx = {"b.example"};
  domain.set_policy("testing", 604800, {"b.example"});
  domain.id = "2";
  domain.settle();
  EXPECT_EQ(domain.open(), (Codes{"mx-removed", "sts-cache-window-open"}));
}

TEST(MxChanged, ASubsetSeenOnceIsNoChange) {
  WatchedDomain domain;
  domain.mx = {"a.example", "b.example"};
  domain.set_policy("enforce", 604800, {"a.example", "b.example"});
  domain.settle();
  domain.mx = {"b.example"};
  domain.look_after(minutes(15));
  domain.mx = {"a.example", "b.example"};
  domain.settle();
  EXPECT_EQ(domain.open(), Codes());
  EXPECT_EQ(domain.history->mx.changes, 0u);
}

// ---- Bounds
// ---------------------------------------------------------------------------------------------

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
  EXPECT_EQ(domain.history->instances.size(), 2u);  // a year's and today's
  ASSERT_EQ(held_policies(*domain.history, domain.now).size(), 1u);
  EXPECT_EQ(held_policies(*domain.history, domain.now)[0].policy->max_age_seconds, 31557600u);
  domain.look_after(hours(24 * 366));
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
  domain.look_after(kWeek);
  EXPECT_EQ(domain.history->instances.size(), 1u);
}

TEST(Timeline, TellsWhatChangedFromWhatToWhat) {
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

// ---- The vectors
// -----------------------------------------------------------------------------------------

// Each state of a vector is seen at two looks, the second a minute later.
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

TEST(Change, EveryRowHasACase) {  // each of them opens in some test of this file
  std::ifstream file(MTASTS_TESTS_DIR "/verdict/change_test.cpp");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (const FindingRow& row : findings_table())
    if (row.stage == Stage::change) {
      bool named = text.find("\"" + std::string(row.code) + "\"") != std::string::npos ||
                   row.code.starts_with("sts-mode-downgrade-enforce-");
      EXPECT_TRUE(named) << row.code;
    }
}

}  // namespace
}  // namespace mtasts::verdict
