// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Several addresses of an MX host, of which some are bad: what is reported, whatever their order.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "verdict/broken_cases.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

using BreakAttempt = std::function<void(SmtpAttempt&)>;

BreakAttempt with_status(SmtpStatus status, protocol::SmtpStep step) {
  return [=](SmtpAttempt& attempt) {
    attempt.status = status;
    attempt.step = step;
    attempt.chain = nullptr;
    attempt.starttls_offered = false;
  };
}
BreakAttempt with_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](SmtpAttempt& attempt) {
    auto chain = *attempt.chain;
    change(chain);
    attempt.chain = share(chain);
  };
}

std::map<std::string, BreakAttempt> failures() {
  using protocol::SmtpStep;
  return {
      {"cert-expired", with_chain(with_fault(ChainFault::expired))},
      {"cert-self-signed", with_chain(with_fault(ChainFault::self_signed))},
      {"cert-host-mismatch", with_chain([](auto& chain) {
         chain.leaf.dns_names = {"other.example"};
         chain.name_matches = false;
       })},
      {"smtp-starttls-missing", with_status(SmtpStatus::starttls_missing, SmtpStep::ehlo)},
      {"smtp-tls-handshake-failed", with_status(SmtpStatus::tls_failed, SmtpStep::handshake)},
      {"smtp-tls-old-only", with_status(SmtpStatus::tls_version_old, SmtpStep::handshake)},
  };
}

std::vector<std::string> many_addresses(int count) {
  std::vector<std::string> addresses;
  for (int i = 1; i <= count; ++i) addresses.push_back("192.175.48." + std::to_string(i));
  return addresses;
}

TEST(MxAddresses, ABadOneBesideAGoodOneIsAWarningThatNamesIt) {
  for (const auto& [code, make_bad] : failures()) {
    for (size_t bad : {0u, 7u, 19u}) {
      SCOPED_TRACE(code + " at " + std::to_string(bad));
      Scene scene;
      scene.hosts[0] = good_host("mx1.example.com", many_addresses(20));
      make_bad(scene.probe(0, bad));
      std::string subject = "mx1.example.com [" + scene.probe(0, bad).address.text() + "]";
      Report report = scene.judged();
      bool selective = code == "smtp-starttls-missing";  // then others offer it
      const Finding* finding = find(report, selective ? "smtp-starttls-selective" : code);
      ASSERT_NE(finding, nullptr) << summary(report);
      EXPECT_EQ(finding->severity, Severity::warning);
      EXPECT_EQ(finding->subject, subject);
      EXPECT_EQ(report.outcome, Outcome::warning);
    }
  }
}

TEST(MxAddresses, AllBadIsCriticalInEnforce) {
  for (const auto& [code, make_bad] : failures()) {
    SCOPED_TRACE(code);
    Scene scene;
    scene.hosts[0] = good_host("mx1.example.com", many_addresses(3));
    for (auto& attempt : scene.hosts[0].attempts) make_bad(attempt);
    const Report report = scene.judged();
    const Finding* finding = find(report, code);
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, Severity::critical);
  }
}

TEST(MxAddresses, AnAddressThatDefersTheAgentDoesNotMakeABadOneHarmless) {
  Scene scene;
  scene.hosts[0] = good_host("mx1.example.com", many_addresses(2));
  with_chain(with_fault(ChainFault::expired))(scene.probe(0, 0));
  with_status(SmtpStatus::banner_rejected, protocol::SmtpStep::banner)(scene.probe(0, 1));
  scene.probe(0, 1).reply_code = 421;
  const Report report = scene.judged();
  EXPECT_EQ(find(report, "cert-expired")->severity, Severity::critical);
}

TEST(MxAddresses, AnExpiringCertificateCountsFullyOnlyWhereAllExpire) {
  auto soon =
      with_chain([](auto& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(2); });
  Scene scene;
  scene.hosts[0] = good_host("mx1.example.com", many_addresses(2));
  soon(scene.probe(0, 1));
  EXPECT_EQ(find(scene.judged(), "cert-expiring")->severity, Severity::warning);
  Scene all;
  all.hosts[0] = good_host("mx1.example.com", many_addresses(2));
  for (auto& attempt : all.hosts[0].attempts) soon(attempt);
  EXPECT_EQ(find(all.judged(), "cert-expiring")->severity, Severity::critical);
}

TEST(MxAddresses, AFamilyThatCannotBeLookedUpIsAWarning) {
  Scene scene;
  auto& aaaa = scene.hosts[0].addresses.answers[1];
  aaaa.status = protocol::DnsStatus::servfail;
  aaaa.addresses.clear();
  scene.hosts[0].attempts.pop_back();
  EXPECT_EQ(summary(scene.judged()), "mx-host-servfail:warning ");
}

TEST(MxAddresses, WhatALimitLeavesOutIsReportedWithTheNumber) {
  Scene scene;
  for (int i = 1; i <= 4; ++i)
    scene.hosts[0].addresses.beyond_limit.push_back(
        *IpAddress::parse("192.88.98." + std::to_string(i)));
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "mx-unchecked:unknown ");
  EXPECT_NE(report.findings.at(0).message.find("4 addresses"), std::string::npos);
  EXPECT_EQ(report.mx.at(0).facts->addresses.size(), 6u);
  EXPECT_EQ(report.mx.at(0).facts->addresses.back().status, AddressStatus::skipped);
}

TEST(MxAddresses, HostsBeyondTheLimitAreReportedWithTheNumber) {
  Scene scene;
  for (const char* host :
       {"mx1.example.com", "mx2.example.com", "a.example.net", "b.example.net"}) {
    MxTarget target;
    target.host = host;
    for (const auto& known : scene.hosts)
      if (known.host == host)
        target.verdict =
            judge_host(std::make_shared<const MxHostEvidence>(known), scene.thresholds, kNow);
    target.beyond_limit = target.verdict == nullptr;
    scene.evidence.mx_targets.push_back(target);
  }
  scene.set_body(policy_text(
      "enforce", "mx: *.example.com\r\nmx: a.example.net\r\nmx: b.example.net\r\n", "2592000"));
  Report report = scene.judged();
  const Finding* finding = find(report, "mx-unchecked");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::unknown);
  EXPECT_NE(finding->message.find("2 MX hosts"), std::string::npos) << finding->message;
  EXPECT_EQ(report.outcome, Outcome::unknown);
}

}  // namespace
}  // namespace mtasts::verdict
