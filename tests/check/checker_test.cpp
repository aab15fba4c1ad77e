// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Checks over scripted ports: what is blamed on a domain and what is reported as unknown because
// its channel is unavailable to the agent.
#include <gmock/gmock.h>

#include "scripted_checks.h"

namespace mtasts::check {
namespace {

class CheckerTest : public ScriptedChecks {};

TEST_F(CheckerTest, AHealthyDomainIsOkAndContactsNoCanary) {
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "");
  EXPECT_EQ(report.outcome, Outcome::ok);
  EXPECT_TRUE(fetcher_.shaken.empty());
  EXPECT_TRUE(prober_.greeted.empty());
  EXPECT_EQ(canary_queries(), 0);
}

TEST_F(CheckerTest, BlockedPort25IsUnknownNotTheDomainsFault) {
  smtp_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown cert-unchecked:unknown ");
  EXPECT_EQ(report.outcome, Outcome::unknown);
  EXPECT_EQ(report.stage(verdict::Stage::smtp), verdict::StageResult::unknown);
  EXPECT_THAT(prober_.greeted, ::testing::ElementsAre("mxcanary.example"));
  EXPECT_EQ(channels_->known_available(ChannelKind::smtp), false);
  EXPECT_EQ(channels_->known_available(ChannelKind::https), true);
}

TEST_F(CheckerTest, ARefusingHostIsBlamedWhenTheCanaryAnswers) {
  refusing_host_ = "mx1.mail.example";
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "smtp-connect-refused:warning ");
  EXPECT_EQ(channels_->known_available(ChannelKind::smtp), true);
}

TEST_F(CheckerTest, ARefusingHostIsBlamedWhenAnotherAnswers) {
  refusing_host_ = "mx1.mail.example";
  add_domain("two.example", {"mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.175.48.2");
  prober_.delay = milliseconds(20);
  auto reports = check({"two.example", "one.example"});
  EXPECT_EQ(summary(reports[1]), "smtp-connect-refused:warning ");
  EXPECT_TRUE(prober_.greeted.empty()) << "life was proven meanwhile";
}

TEST_F(CheckerTest, AnAnswerFromBeforeTheOutageProvesNothing) {
  add_domain("two.example", {"mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.175.48.2");
  check({"two.example"});
  smtp_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown cert-unchecked:unknown ");
}

TEST_F(CheckerTest, AnUnusedFamilyIsNotTheHostsFault) {
  resolver_.answers.erase({"mx1.mail.example", RecordType::a});
  resolver_.answers.erase({"mta-sts.one.example", RecordType::a});
  resolver_.add_address("mx1.mail.example", "2a00::1");
  resolver_.add_address("mta-sts.one.example", "2a00::2");
  auto report = check({"one.example"})[0];
  EXPECT_EQ(report.outcome, Outcome::unknown) << summary(report);
  for (const auto& finding : report.findings)
    EXPECT_EQ(finding.severity, Severity::unknown) << finding.code();
}

TEST_F(CheckerTest, AWildcardCnameIsNoRecord) {
  auto& record = resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::nodata);
  record.texts.clear();
  record.cname_chain = {"www.one.example"};
  fetcher_.answer = [](const std::string&, const IpAddress&) {
    HttpsAttempt attempt;
    attempt.status = HttpsStatus::responded;
    attempt.http_status = 404;
    return attempt;
  };
  EXPECT_EQ(summary(check({"one.example"})[0]), "sts-txt-missing:warning ");
}

TEST_F(CheckerTest, ADisabledCanaryProvesNothing) {
  settings_.canary.smtp.clear();
  refusing_host_ = "mx1.mail.example";
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown cert-unchecked:unknown ");
}

TEST_F(CheckerTest, BrokenIpv6OfTheAgentIsNotTheHostsFault) {
  settings_.network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  resolver_.add_address("mx1.mail.example", "2a00::1");
  resolver_.add_address("mxcanary.example", "2a00::201");
  prober_.answer = [good = prober_.answer](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt = good(host, address);
    if (address.family() == AddressFamily::ipv6) attempt = SmtpAttempt();
    if (address.family() == AddressFamily::ipv6) attempt.status = SmtpStatus::unreachable;
    return attempt;
  };
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "smtp-ipv6-fail:unknown ");
}

TEST_F(CheckerTest, WithoutIpv6CanaryIpv4DecidesForTheChannel) {
  settings_.network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  resolver_.add_address("mx1.mail.example", "2a00::1");
  prober_.answer = [good = prober_.answer](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt = good(host, address);
    if (address.family() == AddressFamily::ipv6) attempt = SmtpAttempt();
    if (address.family() == AddressFamily::ipv6) attempt.status = SmtpStatus::refused;
    return attempt;
  };
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "smtp-ipv6-fail:warning ");
}

TEST_F(CheckerTest, AnUnresponsiveResolverMakesEverythingUnknown) {
  for (auto& [key, answer] : resolver_.answers) {
    answer = {};
    answer.name = key.first;
    answer.type = key.second;
    answer.status = DnsStatus::timeout;
  }
  resolver_.otherwise = DnsStatus::timeout;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(report.outcome, Outcome::unknown);
  for (const auto& finding : report.findings)
    EXPECT_EQ(finding.severity, Severity::unknown) << finding.code();
  EXPECT_EQ(canary_queries(), 2) << "one below each zone";
}

TEST_F(CheckerTest, OneServfailIsTheDomainsFaultWhileOthersAnswer) {
  resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::servfail).texts.clear();
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "sts-txt-servfail:warning ");
}

TEST_F(CheckerTest, UnavailableHttpsIsUnknown) {
  https_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report),
            "sts-host-timeout:unknown sts-tls-unchecked:unknown sts-policy-unchecked:unknown ");
  EXPECT_EQ(report.stage(verdict::Stage::policy_fetch), verdict::StageResult::unknown);
  EXPECT_EQ(report.stage(verdict::Stage::policy_certificate), verdict::StageResult::unknown);
}

TEST_F(CheckerTest, ManyFailingChecksShareOneCanaryRound) {
  smtp_down_ = true;
  std::vector<std::string> domains;
  for (int i = 0; i < 30; ++i) {
    std::string name = "d" + std::to_string(i) + ".example";
    std::string host = "h" + std::to_string(i) + ".mail.example";
    resolver_.add_address(host, "192.88.98." + std::to_string(i));
    add_domain(name, {host});
    domains.push_back(name);
  }
  for (const auto& report : check(domains)) EXPECT_EQ(report.outcome, Outcome::unknown);
  EXPECT_EQ(prober_.greeted.size(), 1u);
}

TEST_F(CheckerTest, UnfinishedPartsAreUnknownAtTheDeadline) {
  resolver_.delays[{"_mta-sts.one.example", RecordType::txt}] = std::chrono::seconds(30);
  auto begin = std::chrono::steady_clock::now();
  auto report = check({"one.example"}, milliseconds(100))[0];
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(report.outcome, Outcome::unknown) << summary(report);
  EXPECT_EQ(report.stage(verdict::Stage::record), verdict::StageResult::unknown);
  EXPECT_EQ(report.stage(verdict::Stage::mx), verdict::StageResult::pass) << summary(report);
}

TEST_F(CheckerTest, PrivateAddressesAreNotContacted) {
  resolver_.answers[{"mx1.mail.example", RecordType::a}].addresses = {
      *IpAddress::parse("10.1.2.3")};
  resolver_.answers[{"mta-sts.one.example", RecordType::a}].addresses = {
      *IpAddress::parse("169.254.169.254")};
  auto report = check({"one.example"})[0];
  EXPECT_TRUE(prober_.probed.empty());
  EXPECT_TRUE(fetcher_.fetched.empty());
  EXPECT_EQ(summary(report), "sts-host-placeholder-address:critical mx-reserved-address:warning ");
}

TEST_F(CheckerTest, ImplicitMxIsTheDomainItself) {
  resolver_.script("one.example", RecordType::mx, DnsStatus::nodata).mx.clear();
  resolver_.add_address("one.example", "192.175.48.7");
  auto report = check({"one.example"})[0];
  ASSERT_EQ(report.mx.size(), 1u);
  EXPECT_EQ(report.mx[0].host, "one.example");
  EXPECT_TRUE(report.mx[0].implicit);
  EXPECT_EQ(summary(report),
            "sts-policy-mx-unused:info mx-not-covered:critical mx-missing-implicit:info ");
}

TEST_F(CheckerTest, EveryPolicyAddressIsTriedWhenOneRefuses) {
  resolver_.add_address("mta-sts.one.example", "192.175.48.101");
  auto good = fetcher_.answer;
  fetcher_.answer = [good](const std::string& host, const IpAddress& address) {
    HttpsAttempt attempt = good(host, address);
    if (address.text() == "192.175.48.100") attempt = HttpsAttempt();
    if (address.text() == "192.175.48.100") attempt.status = HttpsStatus::refused;
    return attempt;
  };
  auto report = check({"one.example"})[0];
  EXPECT_EQ(fetcher_.fetched.size(), 2u);
  EXPECT_EQ(summary(report), "sts-host-address-fails:warning ");
}

TEST_F(CheckerTest, AHostileMxSetIsBounded) {
  auto& mx = resolver_.script("one.example", RecordType::mx);
  for (int i = 0; i < 500; ++i) {
    std::string host = "x" + std::to_string(i) + ".mail.example";
    mx.mx.push_back({20, host});
    resolver_.add_address(host, "192.175.48.1");
  }
  prober_.delay = milliseconds(0);
  auto report = check({"one.example"})[0];
  EXPECT_LE(prober_.probed.size(), Checker::kMaxMxHosts);
  EXPECT_LE(report.findings.size(), 500u);
}

}  // namespace
}  // namespace mtasts::check
