// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A change of the authority that issues a certificate.
#include <gmock/gmock.h>

#include <chrono>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

class IssuerTest : public testing::Test {
 protected:
  // One check; the MX host was probed at `probed`.
  Report check(Time now, Time probed) {
    Scene scene;
    scene.evidence.started = scene.evidence.finished = now;
    scene.break_policy_chain([&](auto& chain) { chain.leaf.issuer = policy_issuer_; });
    for (size_t i = 0; i < scene.hosts[0].attempts.size(); ++i) {
      auto chain = *scene.hosts[0].attempts[i].chain;
      chain.leaf.issuer = i < mx_issuers_.size() ? mx_issuers_[i] : mx_issuers_[0];
      scene.hosts[0].attempts[i].chain = share(chain);
    }
    if (!mx_seen_) scene.hosts[0].attempts.clear();
    scene.hosts[0].probed_at = probed;
    if (moved_) scene.set_mx({"other.example.com"});
    Report report = scene.judged_at(now, history_);
    history_ = report.history;
    return report;
  }
  Report check(minutes after) { return check(kNow + after, kNow + after); }

  std::string policy_issuer_ = "CN=E7,O=Let's Encrypt,C=US";
  std::vector<std::string> mx_issuers_ = {"CN=E7,O=Let's Encrypt,C=US"};
  bool mx_seen_ = true;
  bool moved_ = false;
  HistoryPtr history_ = std::make_shared<const History>();
};

TEST_F(IssuerTest, FirstIssuerIsNoChange) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(summary(check(minutes(i))), "");
}

TEST_F(IssuerTest, ChangeOfThePolicyHostIsReportedWhenConfirmed) {
  check(minutes(0));
  policy_issuer_ = "CN=Other CA,O=Other,C=DE";
  EXPECT_EQ(find(check(minutes(15)), "cert-issuer-changed"), nullptr);
  Report report = check(minutes(30));
  const Finding* finding = find(report, "cert-issuer-changed");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::info);
  EXPECT_EQ(finding->subject, "mta-sts.example.com");
  EXPECT_EQ(report.outcome, Outcome::ok);
  EXPECT_THAT(finding->message, HasSubstr("by CN=Other CA,O=Other,C=DE since 2026-11-02, before by "
                                          "CN=E7,O=Let's Encrypt,C=US"));
  EXPECT_THAT(finding->fix, HasSubstr("CAA"));
  ASSERT_EQ(report.changes.size(), 1u);
  EXPECT_EQ(report.changes[0].what, "certificate_issuer");
  EXPECT_EQ(report.changes[0].subject, "mta-sts.example.com");
  EXPECT_NE(find(check(minutes(60)), "cert-issuer-changed"), nullptr);
  EXPECT_EQ(find(check(hours(25)), "cert-issuer-changed"), nullptr) << "after change_hold";
}

TEST_F(IssuerTest, IntermediatesOfOneOrganizationTakeTurns) {
  check(minutes(0));
  policy_issuer_ = "CN=E8,O=Let's Encrypt,C=US";
  check(minutes(15));
  Report report = check(minutes(30));
  ASSERT_NE(find(report, "cert-issuer-changed"), nullptr);
  EXPECT_THAT(find(report, "cert-issuer-changed")->fix, HasSubstr("No action is needed"));
}

TEST_F(IssuerTest, OneStaleServerIsNoChange) {
  check(minutes(0));
  std::string usual = policy_issuer_;
  for (int i = 1; i < 9; ++i) {
    policy_issuer_ = i % 2 == 0 ? usual : "CN=Stale";
    EXPECT_EQ(find(check(minutes(15 * i)), "cert-issuer-changed"), nullptr) << i;
  }
}

// Domains ask more often than MX hosts are probed.
TEST_F(IssuerTest, OneProbeOfAnMxHostIsOneObservation) {
  check(kNow, kNow);
  mx_issuers_ = {"CN=Other CA"};
  Time probed = kNow + hours(1);
  EXPECT_EQ(find(check(probed, probed), "cert-issuer-changed"), nullptr);
  EXPECT_EQ(find(check(probed + minutes(15), probed), "cert-issuer-changed"), nullptr);
  EXPECT_EQ(find(check(probed + minutes(30), probed), "cert-issuer-changed"), nullptr);
  Report report = check(probed + hours(1), probed + hours(1));
  ASSERT_NE(find(report, "cert-issuer-changed"), nullptr) << summary(report);
  EXPECT_EQ(find(report, "cert-issuer-changed")->subject, "mx1.example.com");
}

TEST_F(IssuerTest, APoolChangesWhenItsLastServerHas) {
  mx_issuers_ = {"CN=Old", "CN=Old"};
  check(minutes(0));
  mx_issuers_ = {"CN=New", "CN=Old"};
  for (int i = 1; i < 4; ++i) EXPECT_EQ(find(check(hours(i)), "cert-issuer-changed"), nullptr) << i;
  mx_issuers_ = {"CN=New", "CN=New"};
  check(hours(4));
  EXPECT_NE(find(check(hours(5)), "cert-issuer-changed"), nullptr);
}

TEST_F(IssuerTest, WhatIsNotSeenChangesNothing) {
  check(minutes(0));
  mx_seen_ = false;
  check(hours(1));
  check(hours(2));
  mx_seen_ = true;
  EXPECT_EQ(find(check(hours(3)), "cert-issuer-changed"), nullptr);
  ASSERT_EQ(history_->issuers.size(), 3u);
}

TEST_F(IssuerTest, HostsThatAreGoneAreForgotten) {
  check(minutes(0));
  moved_ = true;
  check(minutes(15));
  check(minutes(16));
  std::vector<std::string> hosts;
  for (const SeenIssuer& seen : history_->issuers) hosts.push_back(seen.host);
  EXPECT_THAT(hosts, testing::UnorderedElementsAre("mta-sts.example.com", "other.example.com"));
}

}  // namespace
}  // namespace mtasts::verdict
