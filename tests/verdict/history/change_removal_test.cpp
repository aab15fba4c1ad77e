// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Removal of record and policy (RFC 8461 §8.3), and MX changes while senders hold older policies.
#include "watched_domain.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// ---- Removal -----------------------------------------------------------------------------------

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
            "The record and the policy were removed on 2026-11-02, but senders may hold the policy "
            "last served on 2026-11-02 (mode enforce, max_age 604800) until 2026-11-09");
  domain.look_after(gone + kWeek - domain.now - seconds(1));
  EXPECT_EQ(domain.open(), Codes{"sts-removed-while-cached"});
  domain.look_after(seconds(1));
  EXPECT_EQ(domain.open(), Codes());
}

TEST(Removed, WhileOnlyTestingIsCachedIsAWarning) {
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
            "The record was removed on 2026-11-04, but senders may hold the policy last served on "
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
  EXPECT_EQ(domain.open(), Codes());  // the unreachable policy is reported by its own stage
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
  EXPECT_EQ(domain.open(), Codes{"sts-change-unchecked"});
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
}

TEST(Removed, AResolverThatDeniesEveryNameRemovesNothing) {
  WatchedDomain domain = settled();
  domain.nothing_exists = true;
  domain.id = std::nullopt;
  for (int i = 0; i < 10; ++i) domain.look_after(minutes(15));
  EXPECT_EQ(domain.open(), Codes{"sts-change-unchecked"});
  EXPECT_TRUE(held_policies(*domain.history, domain.now).empty());
  EXPECT_NE(find(domain.report, "mx-nxdomain"), nullptr);
}

// ---- MX ----------------------------------------------------------------------------------------

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
            "b.example was added on 2026-11-02, but senders may hold the policy last served on "
            "2026-11-02 (mode enforce, max_age 604800) with mx a.example until 2026-11-09");
  EXPECT_EQ(finding->fix, "Keep an MX host that matches a.example until 2026-11-09");
  domain.look_after(kWeek);
  EXPECT_EQ(domain.open(), Codes());
}

TEST(MxChanged, AnInconclusiveCheckChangesNoFinding) {
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

}  // namespace
}  // namespace mtasts::verdict
