// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Domains whose policy the agent itself serves: which record to publish, in which order, and when
// it is time to say so.
#include <gmock/gmock.h>

#include "verdict/broken_cases.h"
#include "verdict/history/watched_domain.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::id_of_policy;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

std::string record_of(const std::string& body) { return "\"v=STSv1; id=" + id_of_policy(body); }

// The scene's domain, whose policy the agent serves, and whose record announces it.
Scene hosted_scene() {
  Scene scene;
  scene.host(scene.fetch().body);
  scene.evidence.record.texts = {"v=STSv1; id=" + id_of_policy(scene.fetch().body)};
  return scene;
}

TEST(HostedPolicy, IsHealthyWhenServedAndPublished) {
  Scene scene = hosted_scene();
  const Report report = scene.judged();
  EXPECT_EQ(report.outcome, Outcome::ok) << summary(report);
  ASSERT_TRUE(report.hosted);
  EXPECT_EQ(report.hosted->record, "v=STSv1; id=" + id_of_policy(scene.fetch().body));
  EXPECT_TRUE(report.hosted->served);
  EXPECT_TRUE(report.hosted->published);
  EXPECT_FALSE(Scene().judged().hosted);
}

TEST(HostedPolicy, TheRecordToPublishIsNamed) {
  Scene scene = hosted_scene();
  scene.evidence.record.texts = {"v=STSv1; id=old"};
  const Report report = scene.judged();
  const Finding* finding = find(report, "sts-hosted-id-differs");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::warning);
  EXPECT_EQ(finding->message, "The agent has served the policy with the id \"" +
                                  id_of_policy(scene.fetch().body) +
                                  "\", but the record says \"old\"");
  EXPECT_EQ(finding->fix,
            "The policy is served, so publish this TXT record at _mta-sts.example.com: " +
                record_of(scene.fetch().body) + "\" now");
  EXPECT_FALSE(report.hosted->published);
}

// RFC 8461 §8.1: first the policy, then the record.
TEST(HostedPolicy, TheRecordWaitsForThePolicy) {
  Scene scene = hosted_scene();
  const std::string body = scene.fetch().body;
  scene.evidence.record.texts = {"v=STSv1; id=old"};
  scene.set_body(policy_text("testing", kMx, "86400"));
  const Report report = scene.judged();
  EXPECT_EQ(find(report, "sts-hosted-id-differs"), nullptr) << "its fix would do harm";
  const Finding* finding = find(report, "sts-hosted-policy-not-served");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::warning);
  EXPECT_THAT(finding->message,
              HasSubstr("[192.175.48.10] answers with another policy (mode testing, mx "
                        "mx1.example.com, mx2.example.com)"));
  EXPECT_THAT(finding->fix, HasSubstr("mta-sts.example.com"));
  EXPECT_FALSE(report.hosted->served);
}

TEST(HostedPolicy, OneAddressOfAnotherServerIsNoticed) {
  Scene scene = hosted_scene();
  scene.fetch(1).body = policy_text("enforce", kMx, "86400");
  const Report report = scene.judged();
  const Finding* finding = find(report, "sts-hosted-policy-not-served");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_THAT(finding->message, HasSubstr("[2a00::10]"));
}

TEST(HostedPolicy, AnotherStatusIsNoticedBesidesItsCause) {
  Scene scene = hosted_scene();
  scene.for_each_fetch([](auto& attempt) {
    attempt.http_status = 404;
    attempt.body.clear();
  });
  const Report report = scene.judged();
  ASSERT_NE(find(report, "sts-hosted-policy-not-served"), nullptr) << summary(report);
  EXPECT_THAT(find(report, "sts-hosted-policy-not-served")->message, HasSubstr("status 404"));
  EXPECT_NE(find(report, "sts-http-status"), nullptr);
}

TEST(HostedPolicy, WhatWasNotObservedSaysNothing) {
  for (auto status : {protocol::HttpsStatus::refused, protocol::HttpsStatus::cancelled}) {
    Scene scene = hosted_scene();
    scene.evidence.record.texts = {"v=STSv1; id=old"};
    scene.for_each_fetch([&](auto& attempt) {
      attempt.status = status;
      attempt.http_status = 0;
      attempt.body.clear();
      attempt.chain = nullptr;
    });
    const Report report = scene.judged();
    EXPECT_THAT(summary(report), Not(HasSubstr("sts-hosted"))) << summary(report);
  }
  Scene scene = hosted_scene();
  record_status(DnsStatus::timeout)(scene);
  EXPECT_THAT(summary(scene.judged()), Not(HasSubstr("sts-hosted")));
}

TEST(HostedPolicy, ProxiesMayChangeLineEnds) {
  Scene scene = hosted_scene();
  std::string body = scene.fetch().body;
  std::erase(body, '\r');
  body.pop_back();
  scene.set_body(body);
  EXPECT_TRUE(scene.judged().hosted->served);
  EXPECT_THAT(summary(scene.judged()), Not(HasSubstr("sts-hosted")));
}

// ---- Fixes of a missing record ----------------------------------------------------------------

TEST(HostedPolicy, AMissingRecordIsNamed) {
  for (auto status : {DnsStatus::nodata, DnsStatus::nxdomain}) {
    Scene scene = hosted_scene();
    record_status(status)(scene);
    const Report report = scene.judged();
    for (const char* code : {"sts-txt-missing", "sts-policy-without-record"}) {
      const Finding* finding = find(report, code);
      ASSERT_NE(finding, nullptr) << code << " not in " << summary(report);
      EXPECT_THAT(finding->fix, HasSubstr("The policy is served"));
      EXPECT_THAT(finding->fix, HasSubstr(record_of(scene.fetch().body)));
    }
  }
}

TEST(HostedPolicy, AMissingRecordWaitsForThePolicy) {
  Scene scene = hosted_scene();
  const std::string body = scene.fetch().body;
  record_status(DnsStatus::nodata)(scene);
  scene.evidence.policy.attempts.clear();
  const Report report = scene.judged();
  EXPECT_THAT(
      find(report, "sts-txt-missing")->fix,
      HasSubstr("First make https://mta-sts.example.com/.well-known/mta-sts.txt lead to the "
                "agent's [policy_host], then publish"));
  EXPECT_THAT(find(report, "sts-txt-missing")->fix, HasSubstr(record_of(body)));
}

TEST(HostedPolicy, NoRecordIsProposedForAPolicyThatWouldStopMail) {
  Scene scene = hosted_scene();
  scene.set_mx({"mx1.example.com", "mx9.example.net"});
  scene.evidence.record.texts = {"v=STSv1; id=old"};
  const Report report = scene.judged();
  const Finding* finding = find(report, "sts-hosted-id-differs");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_THAT(finding->fix,
              HasSubstr("Add mx9.example.net to mx of the domain's [[policy]] first"));
  EXPECT_THAT(finding->fix, Not(HasSubstr("v=STSv1")));
}

// ---- Grace ------------------------------------------------------------------------------------

TEST(HostedPolicy, PublishingMayTakeAnHourOrTheTtl) {
  struct Case {
    seconds ttl;
    std::chrono::milliseconds age;
    Severity severity;
  };
  const Case kCases[] = {
      {seconds(300), minutes(59), Severity::info}, {seconds(300), minutes(60), Severity::warning},
      {hours(4), minutes(239), Severity::info},    {hours(4), hours(4), Severity::warning},
      {hours(900), hours(23), Severity::info},     {hours(900), hours(24), Severity::warning},
  };
  for (const Case& one : kCases) {
    Scene scene = hosted_scene();
    scene.host(scene.fetch().body, kNow - one.age);
    scene.evidence.record.texts = {"v=STSv1; id=old"};
    scene.evidence.record.ttl = one.ttl;
    const Report report = scene.judged();
    const Finding* finding = find(report, "sts-hosted-id-differs");
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, one.severity) << one.age.count();
    scene = hosted_scene();
    scene.host("other", kNow - one.age);
    scene.evidence.record.ttl = one.ttl;
    const Report other = scene.judged();
    ASSERT_NE(find(other, "sts-hosted-policy-not-served"), nullptr);
    EXPECT_EQ(find(other, "sts-hosted-policy-not-served")->severity, one.severity);
  }
}

TEST(HostedPolicy, ACheckThatBeganBeforeSaysNothing) {
  Scene scene = hosted_scene();
  scene.host("other", kNow + std::chrono::milliseconds(1));
  EXPECT_THAT(summary(scene.judged()), Not(HasSubstr("sts-hosted")));
}

// ---- History ----------------------------------------------------------------------------------

// A domain whose policies the agent serves.
struct HostedDomain : WatchedDomain {
  void serve(const std::string& mode, uint64_t max_age) {
    set_policy(mode, max_age, {"a.example"});
    thresholds.hosted =
        std::make_shared<const HostedPolicy>(HostedPolicy{*body, id_of_policy(*body), now});
  }
  void publish() { id = thresholds.hosted->id; }
};

HostedDomain settled_host() {
  HostedDomain domain;
  domain.serve("testing", 86400);
  domain.publish();
  domain.look();
  domain.look_after(minutes(15));
  EXPECT_EQ(summary(domain.report).find("sts-hosted"), std::string::npos);
  return domain;
}

TEST(HostedHistory, AChangeIsReportedOnceWithTheRecordToPublish) {
  HostedDomain domain = settled_host();
  domain.serve("enforce", 604800);
  domain.settle();
  EXPECT_EQ(domain.open().count("sts-body-changed-id-same"), 0u) << "reported as another";
  ASSERT_NE(find(domain.report, "sts-hosted-id-differs"), nullptr);
  EXPECT_EQ(find(domain.report, "sts-hosted-id-differs")->severity, Severity::info);
  domain.settle(hours(1));
  EXPECT_EQ(find(domain.report, "sts-hosted-id-differs")->severity, Severity::warning);
  EXPECT_THAT(domain.message("sts-hosted-id-differs"), HasSubstr("for 1 hour, but"));
  domain.publish();
  domain.settle();
  EXPECT_EQ(find(domain.report, "sts-hosted-id-differs"), nullptr);
  EXPECT_EQ(domain.open(), Codes{"sts-cache-window-open"});
}

// Equal policies have equal ids: going back to an earlier one is no reuse that misleads anybody.
TEST(HostedHistory, GoingBackIsNoReuse) {
  HostedDomain domain = settled_host();
  domain.serve("testing", 604800);
  domain.look_after(minutes(15));
  domain.publish();
  domain.settle(minutes(1));
  domain.settle(hours(24 * 30));
  domain.serve("testing", 86400);
  domain.look_after(minutes(15));
  domain.publish();
  domain.settle(minutes(1));
  EXPECT_EQ(domain.open().count("sts-id-reused"), 0u) << summary(domain.report);
  EXPECT_EQ(domain.open().count("sts-id-changed-body-same"), 0u);
  domain.settle(hours(24 * 8));
  EXPECT_EQ(domain.open(), Codes()) << summary(domain.report);
}

// Senders that fetched while the record still had the old id hold the new policy under it. Going
// back to that id would leave them with it.
TEST(HostedHistory, GoingBackTooEarlyNeedsAnIdOfItsOwn) {
  HostedDomain domain = settled_host();
  domain.serve("enforce", 604800);
  domain.settle();
  domain.settle(hours(2));
  domain.publish();
  domain.settle();
  domain.serve("testing", 86400);
  domain.settle();
  domain.publish();
  domain.settle();
  const Finding* finding = find(domain.report, "sts-id-reused");
  ASSERT_NE(finding, nullptr) << summary(domain.report);
  EXPECT_THAT(finding->fix, HasSubstr("change max_age of the domain's [[policy]] by a second"));
  EXPECT_THAT(finding->fix, Not(HasSubstr("v=STSv1")));
}

TEST(HostedHistory, TakingADomainOverIsNoAnomaly) {
  HostedDomain domain;
  domain.id = "99999999999999999999";
  domain.look();
  domain.look_after(minutes(15));
  domain.thresholds.hosted = std::make_shared<const HostedPolicy>(
      HostedPolicy{*domain.body, id_of_policy(*domain.body), domain.now});
  domain.settle();
  domain.publish();
  domain.settle();
  EXPECT_EQ(domain.open(), Codes()) << summary(domain.report);
}

}  // namespace
}  // namespace mtasts::verdict
