// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Several addresses of a policy host, of which some are bad: what is reported, whatever their
// order.
#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "verdict/broken_cases.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::seconds;

using BreakAttempt = std::function<void(HttpsAttempt&)>;

BreakAttempt with_status(HttpsStatus status) {
  return [status](HttpsAttempt& attempt) {
    IpAddress address = attempt.address;
    attempt = {};
    attempt.address = address;
    attempt.status = status;
  };
}
BreakAttempt with_http_status(int status) {
  return [status](HttpsAttempt& attempt) {
    attempt.http_status = status;
    attempt.body.clear();
  };
}
BreakAttempt with_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](HttpsAttempt& attempt) {
    auto chain = *attempt.chain;
    change(chain);
    attempt.chain = share(chain);
  };
}
BreakAttempt with_body(std::string body) {
  return [body](HttpsAttempt& attempt) { attempt.body = body; };
}

// Faults of one server because of which senders get no policy there; each is critical alone.
std::map<std::string, BreakAttempt> failures() {
  return {
      {"sts-host-connect-refused", with_status(HttpsStatus::refused)},
      {"sts-host-timeout", with_status(HttpsStatus::connect_timeout)},
      {"sts-http-timeout", with_status(HttpsStatus::response_timeout)},
      {"sts-tls-handshake-failed", with_status(HttpsStatus::tls_failed)},
      {"sts-tls-version-old", with_status(HttpsStatus::tls_version_old)},
      {"sts-http-too-large", with_status(HttpsStatus::too_large)},
      {"sts-http-status", with_http_status(404)},
      {"sts-http-redirect", with_http_status(301)},
      {"sts-tls-expired", with_chain(with_fault(ChainFault::expired))},
      {"sts-tls-untrusted", with_chain(with_fault(ChainFault::untrusted))},
      {"sts-tls-host-mismatch", with_chain([](auto& chain) {
         chain.leaf.dns_names = {"www.example.com"};
         chain.name_matches = false;
       })},
      {"sts-policy-html", with_body("<html><body>It works!</body></html>")},
      {"sts-policy-empty", with_body("")},
      {"sts-policy-mx-missing", with_body(policy_text("enforce", "", "604800"))},
  };
}

TEST(PolicyAddresses, ABadOneBesideAGoodOneIsAWarningThatNamesIt) {
  for (const auto& [code, make_bad] : failures()) {
    for (size_t bad : {0u, 1u, 2u, 3u}) {
      SCOPED_TRACE(code + " at " + std::to_string(bad));
      Scene scene;
      scene.add_fetch("192.175.48.11");
      scene.add_fetch("2a00::11");
      HttpsAttempt& attempt = scene.fetch(bad);
      make_bad(attempt);
      Report report = scene.judged();
      EXPECT_EQ(summary(report), "sts-host-address-fails:warning ");
      EXPECT_EQ(report.findings.at(0).subject,
                "mta-sts.example.com [" + attempt.address.text() + "]");
      EXPECT_NE(report.findings.at(0).verify.find(attempt.address.text()), std::string::npos);
      EXPECT_EQ(report.outcome, Outcome::warning);
      EXPECT_TRUE(report.policy.valid);
      EXPECT_EQ(report.policy.mode, protocol::Mode::enforce);
      std::reverse(scene.evidence.policy.attempts.begin(), scene.evidence.policy.attempts.end());
      Report reversed = scene.judged();
      EXPECT_EQ(summary(reversed), summary(report));
      EXPECT_EQ(reversed.findings.at(0).message, report.findings.at(0).message);
    }
  }
}

TEST(PolicyAddresses, AllBadIsAFaultOfTheHost) {
  for (const auto& [code, make_bad] : failures()) {
    SCOPED_TRACE(code);
    Scene scene;
    scene.add_fetch("192.175.48.11");
    scene.for_each_fetch(make_bad);
    Report report = scene.judged();
    const Finding* finding = find(report, code);
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, Severity::critical);
    EXPECT_THAT(finding->subject, ::testing::AnyOf("", "mta-sts.example.com"));
    EXPECT_EQ(find(report, "sts-host-address-fails"), nullptr);
    EXPECT_FALSE(report.policy.valid);
  }
}

TEST(PolicyAddresses, DifferentFaultsAtAllAddressesAreAllReported) {
  Scene scene;
  scene.evidence.policy.attempts.pop_back();
  scene.add_fetch("192.175.48.11");
  with_http_status(404)(scene.fetch(0));
  with_chain(with_fault(ChainFault::expired))(scene.fetch(1));
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-http-status:critical sts-tls-expired:critical ");
}

TEST(PolicyAddresses, AFailureThatMayBeOursIsUnknown) {
  Scene scene;
  scene.add_fetch("192.175.48.11");
  with_status(HttpsStatus::connect_timeout)(scene.fetch(0));
  scene.lose(ChannelKind::https);
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-host-address-fails:unknown ");
  EXPECT_EQ(report.stage(Stage::policy_fetch), StageResult::unknown);
}

TEST(PolicyAddresses, AWholeFamilyWithoutAnswerIsOneFinding) {
  Scene scene;
  scene.add_fetch("2a00::11");
  with_status(HttpsStatus::refused)(scene.fetch(1));
  with_status(HttpsStatus::connect_timeout)(scene.fetch(2));
  EXPECT_EQ(summary(scene.judged()), "sts-host-ipv6-fail:warning ");
}

TEST(PolicyAddresses, AFamilyThatCannotBeLookedUpIsAWarning) {
  Scene scene;
  auto& aaaa = scene.evidence.policy.addresses.answers[1];
  aaaa.status = protocol::DnsStatus::servfail;
  aaaa.addresses.clear();
  scene.evidence.policy.attempts.pop_back();
  EXPECT_EQ(summary(scene.judged()), "sts-host-servfail:warning ");
}

TEST(PolicyAddresses, AnExpiringCertificateAtOneAddressIsAWarningThatNamesIt) {
  Scene scene;
  scene.add_fetch("192.175.48.11");
  with_chain([](auto& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(2); })(
      scene.fetch(2));
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-tls-expiring:warning ");
  EXPECT_EQ(report.findings.at(0).subject, "mta-sts.example.com [192.175.48.11]");
  scene.for_each_fetch(
      with_chain([](auto& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(2); }));
  EXPECT_EQ(summary(scene.judged()), "sts-tls-expiring:critical ");
}

// ---- Policies that differ ----------------------------------------------------------------------

TEST(PolicyAddresses, AnOldPolicyAtOneAddressIsReadAndJudged) {
  std::string old = policy_text("testing", "mx: old.example.com\r\n", "86400");
  for (size_t which : {0u, 1u, 2u}) {
    Scene scene;
    scene.add_fetch("192.175.48.11");
    scene.fetch(which).body = old;
    Report report = scene.judged();
    const Finding* finding = find(report, "sts-host-addresses-differ");
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(report.findings.size(), 1u) << summary(report);
    EXPECT_EQ(finding->severity, Severity::warning);
    for (const std::string& word :
         {scene.fetch(which).address.text(), std::string("mode testing"),
          std::string("old.example.com"), std::string("not cover mx1.example.com")})
      EXPECT_NE(finding->message.find(word), std::string::npos) << finding->message;
    EXPECT_EQ(report.policy.mode, protocol::Mode::enforce) << "that of most addresses";
  }
}

TEST(PolicyAddresses, SendersEnforceIfSomeAddressSaysSo) {
  Scene scene;
  std::string mx = "mx: mx1.example.com\r\nmx: mx2.example.com\r\n";
  scene.set_body(policy_text("testing", mx, "2592000"));
  scene.add_fetch("192.175.48.11").body = policy_text("enforce", mx, "2592000");
  scene.break_mx_chain(with_fault(ChainFault::expired));
  Report report = scene.judged();
  const Finding* expired = find(report, "cert-expired");
  ASSERT_NE(expired, nullptr);
  EXPECT_EQ(expired->severity, Severity::critical);
}

TEST(PolicyAddresses, TheSamePolicyWrittenDifferentlyIsOnePolicy) {
  Scene scene;
  std::string lf;
  for (char c : scene.fetch().body)
    if (c != '\r') lf += c;
  scene.add_fetch("192.175.48.11").body = lf;
  EXPECT_EQ(find(scene.judged(), "sts-host-addresses-differ"), nullptr);
}

// Inside the grammar: its severity is that of the same fault at every address.
TEST(PolicyAddresses, AFaultThatSendersTakeIsNoFailureOfTheAddress) {
  std::string body = Scene().fetch().body + "mx: mx1.example.123\r\n";
  Scene everywhere;
  everywhere.set_body(body);
  const Report whole = everywhere.judged();
  ASSERT_NE(find(whole, "sts-policy-mx-invalid"), nullptr) << summary(whole);
  EXPECT_NE(find(whole, "sts-policy-mx-invalid")->severity, Severity::critical);
  Scene scene;
  scene.add_fetch("192.175.48.11").body = body;
  const Report report = scene.judged();
  EXPECT_EQ(find(report, "sts-host-address-fails"), nullptr) << summary(report);
  const Finding* finding = find(report, "sts-policy-mx-invalid");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, find(whole, "sts-policy-mx-invalid")->severity);
  EXPECT_EQ(finding->subject, "mta-sts.example.com [192.175.48.11]");
}

// ---- Addresses that were not contacted ---------------------------------------------------------

TEST(PolicyAddresses, WhatALimitLeavesOutIsReportedWithTheNumber) {
  Scene scene;
  scene.evidence.policy.addresses.beyond_limit = {*IpAddress::parse("192.175.48.98"),
                                                  *IpAddress::parse("192.175.48.99")};
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-host-unchecked:unknown ");
  EXPECT_NE(report.findings.at(0).message.find("2 addresses"), std::string::npos);
  EXPECT_EQ(report.stage(Stage::policy_fetch), StageResult::unknown);
  EXPECT_EQ(report.policy.address_results.size(), 4u);
  EXPECT_EQ(report.policy.address_results.back().status, PolicyAddressStatus::skipped);
}

TEST(PolicyAddresses, AnUnusedFamilyIsInformationBesideAnAnswer) {
  Scene scene;
  scene.evidence.policy.attempts.pop_back();
  scene.evidence.policy.addresses.unused_family = {*IpAddress::parse("2a00::10")};
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-host-unchecked:info ");
  EXPECT_EQ(report.outcome, Outcome::ok);
}

TEST(PolicyAddresses, AnUnusedFamilyAloneIsUnknownAndNamesTheFamily) {
  Scene scene;
  scene.evidence.policy.addresses = addresses_of("mta-sts.example.com", {"2a00::10"});
  scene.evidence.policy.addresses.unused_family = {*IpAddress::parse("2a00::10")};
  scene.evidence.policy.attempts.clear();
  Report report = scene.judged();
  EXPECT_EQ(summary(report),
            "sts-host-unchecked:unknown sts-tls-unchecked:unknown sts-policy-unchecked:unknown ");
  EXPECT_NE(report.findings.at(0).message.find("only IPv6"), std::string::npos);
}

// ---- Duration ----------------------------------------------------------------------------------

TEST(PolicyAddresses, SlownessCountsWhenTwoFetchesAgree) {
  auto slow = [](double first, double second) {
    Scene scene;
    scene.for_each_fetch([&](HttpsAttempt& attempt) {
      attempt.total_time = std::chrono::milliseconds(static_cast<int>(first * 1000));
      attempt.previous_time = std::chrono::milliseconds(static_cast<int>(second * 1000));
    });
    return summary(scene.judged());
  };
  EXPECT_EQ(slow(1.9, 9), "");
  EXPECT_EQ(slow(9, 1.9), "");
  EXPECT_EQ(slow(9, 0), "");
  EXPECT_EQ(slow(2, 9), "sts-http-slow:info ");
  EXPECT_EQ(slow(3.9, 2.5), "sts-http-slow:info ");
  EXPECT_EQ(slow(4, 4), "sts-http-slow:warning ");
}

}  // namespace
}  // namespace mtasts::verdict
