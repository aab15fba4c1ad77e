// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The story, the MX desk and the blindness rule, with scripted ports.
#include "check/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "fakes/fake_ports.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::DnsStatus;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using protocol::RecordType;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using std::chrono::milliseconds;
using verdict::Outcome;
using verdict::Severity;

constexpr auto kLimit = std::chrono::seconds(20);

class CheckerTest : public ::testing::Test {
 protected:
  CheckerTest() {
    settings_.network.families = {AddressFamily::ipv4};
    settings_.canary.dns = {"."};
    settings_.canary.https = {"canary.example"};
    settings_.canary.smtp = {"mxcanary.example"};
    fetcher_.answer = [this](const std::string& host, const IpAddress&) {
      HttpsAttempt attempt;
      attempt.status = https_down_ ? HttpsStatus::connect_timeout : HttpsStatus::responded;
      if (https_down_) return attempt;
      attempt.chain = fakes::trusted_chain(host);
      attempt.http_status = 200;
      attempt.content_type = "text/plain";
      attempt.body =
          "version: STSv1\r\nmode: enforce\r\nmx: *.mail.example\r\nmax_age: 2592000\r\n";
      return attempt;
    };
    prober_.answer = [this](const std::string& host, const IpAddress&) {
      SmtpAttempt attempt;
      attempt.status = smtp_down_ ? SmtpStatus::connect_timeout : SmtpStatus::ok;
      if (host == refusing_host_) attempt.status = SmtpStatus::refused;
      if (attempt.status != SmtpStatus::ok) return attempt;
      attempt.reply_code = 220;
      attempt.starttls_offered = true;
      attempt.chain = fakes::trusted_chain(host);
      return attempt;
    };
    resolver_.add_address("canary.example", "192.88.99.200");
    resolver_.add_address("mxcanary.example", "192.88.99.201");
    resolver_.script(".", RecordType::ns);
    add_domain("one.example", {"mx1.mail.example"});
    resolver_.add_address("mx1.mail.example", "192.88.99.1");
  }

  void add_domain(const std::string& domain, const std::vector<std::string>& hosts) {
    resolver_.script("_mta-sts." + domain, RecordType::txt).texts = {"v=STSv1; id=1;"};
    resolver_.script("_smtp._tls." + domain, RecordType::txt).texts = {"v=TLSRPTv1; rua=mailto:a@" +
                                                                       domain};
    resolver_.add_address("mta-sts." + domain, "192.88.99.100");
    auto& mx = resolver_.script(domain, RecordType::mx);
    for (const std::string& host : hosts) mx.mx.push_back({10, host});
  }

  // The instruments are made late, so that a test can change the settings first.
  void build() {
    nursery_ = std::make_unique<Nursery>(loop_.get_executor());
    liveness_ =
        std::make_unique<Liveness>(loop_.get_executor(), *nursery_, resolver_, fetcher_, prober_,
                                   settings_.canary, settings_.network, settings_.check.interval);
    desk_ = std::make_unique<MxDesk>(
        loop_.get_executor(), *nursery_, resolver_, prober_, *liveness_, settings_, system_now,
        std::function<void(double)>(), [this] { return MxDesk::SteadyClock::now() + later_; });
    checker_ =
        std::make_unique<Checker>(resolver_, fetcher_, *desk_, *liveness_, settings_, system_now);
  }

  std::vector<verdict::Report> check(const std::vector<std::string>& domains,
                                     milliseconds limit = kLimit) {
    if (checker_ == nullptr) build();
    std::vector<verdict::Report> reports(domains.size());
    for (size_t i = 0; i < domains.size(); ++i)
      asio::co_spawn(loop_, run(domains[i], limit, reports[i]), asio::detached);
    loop_.restart();
    loop_.run();
    return reports;
  }

  asio::awaitable<void> run(std::string domain, milliseconds limit, verdict::Report& report) {
    Checker::Recall no_memory;
    report = co_await checker_->check(*DomainName::parse(domain), std::nullopt, no_memory, limit);
  }

  static std::string summary(const verdict::Report& report) {
    std::string text;
    for (const auto& finding : report.findings)
      text += std::string(finding.code()) + ":" + std::string(name_of(finding.severity)) + " ";
    return text;
  }

  asio::io_context loop_;
  settings::Settings settings_;
  fakes::FakeResolver resolver_;
  fakes::FakeFetcher fetcher_;
  fakes::FakeProber prober_;
  bool https_down_ = false;
  bool smtp_down_ = false;
  std::string refusing_host_;
  milliseconds later_{0};  // for the desk alone
  std::unique_ptr<Nursery> nursery_;
  std::unique_ptr<Liveness> liveness_;
  std::unique_ptr<MxDesk> desk_;
  std::unique_ptr<Checker> checker_;
};

TEST_F(CheckerTest, HealthyDomainIsOkAndAsksNoCanary) {
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "");
  EXPECT_EQ(report.outcome, Outcome::ok);
  EXPECT_TRUE(fetcher_.shaken.empty());
  EXPECT_TRUE(prober_.greeted.empty());
  EXPECT_EQ((resolver_.asked[{".", RecordType::ns}]), 0);
}

TEST_F(CheckerTest, DomainsShareTheProbeOfAnMxHost) {
  add_domain("two.example", {"mx1.mail.example"});
  auto reports = check({"one.example", "two.example"});
  EXPECT_EQ(summary(reports[0]) + summary(reports[1]), "");
  EXPECT_EQ(prober_.probed.size(), 1u);
  EXPECT_EQ(reports[0].mx[0].facts, reports[1].mx[0].facts) << "the facts are shared, not copied";
  check({"one.example"});
  EXPECT_EQ(prober_.probed.size(), 1u) << "within smtp_interval nobody is probed again";
}

TEST_F(CheckerTest, AFaultIsLookedAtAgainSoonerThanAGoodHost) {
  using std::chrono::minutes;
  auto probes_at = [this](minutes time) {
    later_ = time;
    check({"one.example"});
    return prober_.probed.size();
  };
  EXPECT_EQ(probes_at(minutes(0)), 1u);
  EXPECT_EQ(probes_at(minutes(59)), 1u) << "a good host is left alone for smtp_interval";
  refusing_host_ = "mx1.mail.example";
  EXPECT_EQ(probes_at(minutes(61)), 2u);
  EXPECT_EQ(probes_at(minutes(62)), 3u);  // confirmed after a minute
  EXPECT_EQ(probes_at(minutes(63)), 3u);
  EXPECT_EQ(probes_at(minutes(64)), 4u);  // then after 2, 4 and 5
  EXPECT_EQ(probes_at(minutes(67)), 4u);
  EXPECT_EQ(probes_at(minutes(68)), 5u);
  EXPECT_EQ(probes_at(minutes(72)), 5u);
  EXPECT_EQ(probes_at(minutes(73)), 6u) << "a fault never stands for longer than five minutes";
  refusing_host_.clear();
  EXPECT_EQ(probes_at(minutes(78)), 7u) << "mended";
  EXPECT_EQ(probes_at(minutes(137)), 7u);
}

TEST_F(CheckerTest, AServerThatPutsUsOffIsAskedEverMoreRarely) {
  using std::chrono::minutes;
  prober_.answer = [](const std::string&, const IpAddress&) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;
    attempt.reply_code = 421;
    return attempt;
  };
  size_t probes = 0;
  for (int minute : {0, 1, 3, 7, 15, 31, 63, 123}) {  // 1, 2, 4 … 32 minutes, then the hour
    for (int early : {1, 0}) {
      if (minute < early) continue;
      later_ = minutes(minute) - std::chrono::seconds(30) * early;
      check({"one.example"});
      probes += early == 0 ? 1 : 0;
      EXPECT_EQ(prober_.probed.size(), probes) << "at minute " << minute << ", early " << early;
    }
  }
}

// One address puts us off for ever, and is asked once an hour; a fault of the other must not wait.
TEST_F(CheckerTest, AFaultBesideAServerThatPutsUsOffIsLookedAtAgainSoon) {
  using std::chrono::minutes;
  settings_.network.families = {AddressFamily::ipv4, AddressFamily::ipv6};
  resolver_.add_address("mx1.mail.example", "2a00::1");
  auto good = prober_.answer;
  prober_.answer = [&](const std::string& host, const IpAddress& address) {
    if (address.family() == AddressFamily::ipv4) return good(host, address);
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::banner_rejected;
    attempt.reply_code = 554;
    return attempt;
  };
  auto rounds_at = [this](int minute) {
    later_ = minutes(minute);
    check({"one.example"});
    return prober_.probed.size() / 2;
  };
  size_t rounds = 0;
  for (int minute : {0, 1, 3, 7, 15, 31, 63}) EXPECT_EQ(rounds_at(minute), ++rounds) << minute;
  EXPECT_EQ(rounds_at(122), rounds);
  refusing_host_ = "mx1.mail.example";
  EXPECT_EQ(rounds_at(123), ++rounds);
  EXPECT_EQ(rounds_at(124), ++rounds) << "confirmed after a minute";
  refusing_host_.clear();
  EXPECT_EQ(rounds_at(126), ++rounds) << "mended";
  EXPECT_EQ(rounds_at(180), rounds);
}

TEST_F(CheckerTest, AnAddressSeesOneConnectionAtATime) {
  std::vector<std::string> hosts;
  for (int i = 2; i < 10; ++i) {
    hosts.push_back("mx" + std::to_string(i) + ".mail.example");
    resolver_.add_address(hosts.back(), "192.88.99.9");
  }
  add_domain("many.example", hosts);
  prober_.delay = milliseconds(5);
  check({"many.example"});
  EXPECT_EQ(prober_.probed.size(), hosts.size());
  EXPECT_EQ(prober_.most_open["192.88.99.9"], 1);
}

TEST_F(CheckerTest, OurDeadPort25IsUnknownNotTheDomainsFault) {
  smtp_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown ");
  EXPECT_EQ(report.outcome, Outcome::unknown);
  EXPECT_EQ(report.stage(verdict::Stage::smtp), verdict::StageResult::unknown);
  EXPECT_THAT(prober_.greeted, ::testing::ElementsAre("mxcanary.example"));
  EXPECT_FALSE(liveness_->smtp_alive());
  EXPECT_TRUE(liveness_->https_alive());
}

TEST_F(CheckerTest, ARefusingHostIsBlamedWhenTheCanaryAnswers) {
  refusing_host_ = "mx1.mail.example";
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "smtp-connect-refused:warning ");
  EXPECT_TRUE(liveness_->smtp_alive());
}

TEST_F(CheckerTest, ARefusingHostIsBlamedWithoutCanaryWhenAnotherAnswers) {
  refusing_host_ = "mx1.mail.example";
  add_domain("two.example", {"mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.88.99.2");
  prober_.delay = milliseconds(20);
  auto reports = check({"two.example", "one.example"});
  EXPECT_EQ(summary(reports[1]), "smtp-connect-refused:warning ");
  EXPECT_TRUE(prober_.greeted.empty()) << "life was proven meanwhile";
}

TEST_F(CheckerTest, AnAnswerFromBeforeTheOutageProvesNothing) {
  add_domain("two.example", {"mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.88.99.2");
  check({"two.example"});
  smtp_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown ");
}

TEST_F(CheckerTest, AFamilyWeDoNotUseIsNotTheHostsFault) {
  resolver_.answers.erase({"mx1.mail.example", RecordType::a});
  resolver_.answers.erase({"mta-sts.one.example", RecordType::a});
  resolver_.add_address("mx1.mail.example", "2a00::1");
  resolver_.add_address("mta-sts.one.example", "2a00::2");
  auto report = check({"one.example"})[0];
  EXPECT_EQ(report.outcome, Outcome::unknown) << summary(report);
  for (const auto& finding : report.findings)
    EXPECT_EQ(finding.severity, Severity::unknown) << finding.code();
}

TEST_F(CheckerTest, AWildcardCnameDoesNotMakeADomainTakePart) {
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

TEST_F(CheckerTest, SwitchedOffCanaryProvesNothing) {
  settings_.canary.smtp.clear();
  refusing_host_ = "mx1.mail.example";
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "probe-port25-egress-blocked:unknown ");
}

TEST_F(CheckerTest, BrokenIpv6OfOursIsNotTheHostsFault) {
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

TEST_F(CheckerTest, WhereNoCanaryHasIpv6TheOtherFamilySpeaksForTheChannel) {
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

TEST_F(CheckerTest, OurDeadResolverIsUnknownEverywhere) {
  for (auto& [key, answer] : resolver_.answers) {
    answer = {};
    answer.name = key.first;
    answer.type = key.second;
    answer.status = DnsStatus::timeout;
  }
  auto report = check({"one.example"})[0];
  EXPECT_EQ(report.outcome, Outcome::unknown);
  for (const auto& finding : report.findings)
    EXPECT_EQ(finding.severity, Severity::unknown) << finding.code();
  EXPECT_EQ((resolver_.asked[{".", RecordType::ns}]), 1);
}

TEST_F(CheckerTest, OneServfailIsTheDomainsFaultWhileOthersAnswer) {
  resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::servfail).texts.clear();
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "sts-txt-servfail:warning ");
}

TEST_F(CheckerTest, OurDeadHttpsIsUnknown) {
  https_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report), "sts-host-timeout:unknown ");
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

TEST_F(CheckerTest, ADeadlineLeavesTheUndoneUnknown) {
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
  resolver_.add_address("one.example", "192.88.99.7");
  auto report = check({"one.example"})[0];
  ASSERT_EQ(report.mx.size(), 1u);
  EXPECT_EQ(report.mx[0].host, "one.example");
  EXPECT_TRUE(report.mx[0].implicit);
  EXPECT_EQ(summary(report),
            "sts-policy-mx-unused:info mx-not-covered:critical mx-missing-implicit:info ");
}

TEST_F(CheckerTest, NextPolicyAddressIsTriedWhenOneRefuses) {
  resolver_.add_address("mta-sts.one.example", "192.88.99.101");
  auto good = fetcher_.answer;
  fetcher_.answer = [good](const std::string& host, const IpAddress& address) {
    HttpsAttempt attempt = good(host, address);
    if (address.text() == "192.88.99.100") attempt = HttpsAttempt();
    if (address.text() == "192.88.99.100") attempt.status = HttpsStatus::refused;
    return attempt;
  };
  auto report = check({"one.example"})[0];
  EXPECT_EQ(fetcher_.fetched.size(), 2u);
  EXPECT_EQ(summary(report), "");
}

TEST_F(CheckerTest, AHostileMxSetIsBounded) {
  auto& mx = resolver_.script("one.example", RecordType::mx);
  for (int i = 0; i < 500; ++i) {
    std::string host = "x" + std::to_string(i) + ".mail.example";
    mx.mx.push_back({20, host});
    resolver_.add_address(host, "192.88.99.1");
  }
  prober_.delay = milliseconds(0);
  auto report = check({"one.example"})[0];
  EXPECT_LE(prober_.probed.size(), Checker::kMostMxHosts);
  EXPECT_LE(report.findings.size(), 500u);
}

}  // namespace
}  // namespace mtasts::check
