// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Checks while the agent's own resolver, network or machine has failed: nothing counts against a
// domain, and the findings name the agent's side.
#include <gmock/gmock.h>

#include <thread>

#include "scripted_checks.h"

namespace mtasts::check {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using verdict::Stage;

class ChannelMonitorTest : public ScriptedChecks {
 protected:
  static const verdict::Finding& find(const verdict::Report& report, std::string_view code) {
    for (const auto& finding : report.findings)
      if (finding.code() == code) return finding;
    static const verdict::Finding none{};
    ADD_FAILURE() << code << " is not in " << summary(report);
    return none;
  }
  static void expect_blameless(const verdict::Report& report) {
    EXPECT_EQ(report.outcome, Outcome::unknown) << report.domain << ": " << summary(report);
    for (const auto& finding : report.findings)
      EXPECT_NE(finding.severity, Severity::critical) << finding.code();
    for (const auto& finding : report.findings)
      EXPECT_NE(finding.severity, Severity::warning) << finding.code();
  }
  // Domains with a policy host and an MX host each, in networks of their own.
  std::vector<std::string> add_domains(int count, int first = 0) {
    std::vector<std::string> domains;
    for (int i = first; i < first + count; ++i) {
      std::string name = "d" + std::to_string(i) + ".example";
      std::string host = "h" + std::to_string(i) + ".mail.example";
      add_domain(name, {host});
      resolver_.answers.erase({"mta-sts." + name, RecordType::a});
      resolver_.add_address("mta-sts." + name, "60.1." + std::to_string(i) + ".1");
      resolver_.add_address(host, "60.2." + std::to_string(i) + ".1");
      domains.push_back(name);
    }
    return domains;
  }
  void answer_everything(DnsStatus status) {
    for (auto& [key, answer] : resolver_.answers) {
      answer = protocol::DnsAnswer();
      answer.name = key.first;
      answer.type = key.second;
      answer.status = status;
      answer.detail = std::string(protocol::name_of(status)) + " from 192.0.2.53:5300";
    }
    resolver_.otherwise = status;
  }
  void without_canaries() {
    settings_.canary.dns.clear();
    settings_.canary.https.clear();
    settings_.canary.smtp.clear();
  }
  void use_resolver() { settings_.dns.servers = {{*IpAddress::parse("192.0.2.53"), 5300}}; }
};

// The uplink of the resolver is dead. What it still has in its cache is answered, so other domains
// and the root answer; only what is not cached fails.
TEST_F(ChannelMonitorTest, ACachingResolverWithoutAnUplinkBlamesNobody) {
  auto domains = add_domains(3);
  resolver_.script(".", RecordType::ns).names = {"a.root-servers.example"};
  for (const auto& report : check(domains)) EXPECT_EQ(report.outcome, Outcome::ok);
  resolver_.otherwise = DnsStatus::servfail;
  resolver_.script("_mta-sts.d0.example", RecordType::txt, DnsStatus::servfail).texts.clear();
  resolver_.script("d1.example", RecordType::mx, DnsStatus::timeout).mx.clear();
  auto reports = check(domains);
  expect_blameless(reports[0]);
  expect_blameless(reports[1]);
  EXPECT_EQ(reports[2].outcome, Outcome::ok) << "all of it from the cache";
  EXPECT_EQ(channels_->known_available(ChannelKind::dns), false);
  EXPECT_FALSE(find(reports[0], "probe-dns-unreachable").message.empty());
}

TEST_F(ChannelMonitorTest, LifeIsNxdomainOrAnAnswerAndNothingElse) {
  struct Case {
    DnsStatus status;
    bool alive;
  };
  for (auto [status, alive] :
       {Case{DnsStatus::nxdomain, true}, Case{DnsStatus::answered, true},
        Case{DnsStatus::nodata, false}, Case{DnsStatus::servfail, false},
        Case{DnsStatus::refused, false}, Case{DnsStatus::timeout, false},
        Case{DnsStatus::referral, false}, Case{DnsStatus::malformed, false}}) {
    checker_.reset();
    resolver_.otherwise = status;
    resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::servfail).texts.clear();
    auto report = check({"one.example"})[0];
    EXPECT_EQ(find(report, "sts-txt-servfail").severity,
              alive ? Severity::warning : Severity::unknown)
        << protocol::name_of(status);
  }
}

TEST_F(ChannelMonitorTest, EachRoundOfCanariesAsksForNewNames) {
  resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::servfail).texts.clear();
  for (int round = 1; round <= 3; ++round) {
    check({"one.example"});
    EXPECT_EQ(canary_queries(), 2 * round);
  }
  for (const auto& [key, times] : resolver_.asked)
    if (key.first.starts_with("mtasts-")) {
      EXPECT_EQ(times, 1) << key.first;
      EXPECT_TRUE(key.first.ends_with(".zone.example") || key.first.ends_with(".zone.test"));
    }
}

TEST_F(ChannelMonitorTest, TheResolverIsNamedAndNotTheDomainsNameServers) {
  struct Case {
    DnsStatus status;
    const char* message;
    const char* fix;
  };
  for (const auto& [status, message, fix] :
       {Case{DnsStatus::timeout, "does not answer", "Start the resolver"},
        Case{DnsStatus::unreachable, "does not answer", "Start the resolver"},
        Case{DnsStatus::refused, "refuses", "access list"},
        Case{DnsStatus::referral, "not recursive", "recursive resolver"},
        Case{DnsStatus::servfail, "cannot resolve any name", "connection to the internet"}}) {
    checker_.reset();
    use_resolver();
    answer_everything(status);
    auto report = check({"one.example"})[0];
    expect_blameless(report);
    const auto& finding = find(report, "probe-dns-unreachable");
    EXPECT_THAT(finding.message, AllOf(HasSubstr("192.0.2.53:5300"), HasSubstr(message)));
    EXPECT_THAT(finding.fix, AllOf(HasSubstr(fix), HasSubstr("dig @192.0.2.53 -p 5300 com NS")));
    for (const auto& other : report.findings) {
      EXPECT_THAT(other.fix, Not(HasSubstr("authoritative server for"))) << other.code();
      EXPECT_THAT(other.fix, Not(HasSubstr("Fix the zone"))) << other.code();
      // What follows from another finding points to that one.
      EXPECT_THAT(other.fix, AnyOf(HasSubstr("dig @192.0.2.53"), HasSubstr("Follow the finding")))
          << other.code();
    }
  }
}

TEST_F(ChannelMonitorTest, RefusedNeverCountsEvenWhereOthersAreAnswered) {
  for (auto status : {DnsStatus::refused, DnsStatus::referral, DnsStatus::unreachable}) {
    checker_.reset();
    resolver_.script("_mta-sts.one.example", RecordType::txt, status).texts.clear();
    resolver_.script("one.example", RecordType::mx, status).mx.clear();
    resolver_.script("mta-sts.one.example", RecordType::a, status).addresses.clear();
    resolver_.script("mta-sts.one.example", RecordType::aaaa, status).addresses.clear();
    auto report = check({"one.example"})[0];
    expect_blameless(report);
    EXPECT_EQ(find(report, "probe-dns-unreachable").severity, Severity::unknown);
  }
}

TEST_F(ChannelMonitorTest, AResolverThatDeniesEverythingBlamesNobody) {
  for (auto status : {DnsStatus::nxdomain, DnsStatus::nodata}) {
    checker_.reset();
    use_resolver();
    answer_everything(status);
    for (const auto& report : check({"one.example", "two.example"})) {
      expect_blameless(report);
      const auto& finding = find(report, "probe-dns-denies");
      EXPECT_THAT(finding.message, AllOf(HasSubstr("192.0.2.53:5300"), HasSubstr("zone.example")));
      EXPECT_THAT(finding.fix, HasSubstr("dig @192.0.2.53 -p 5300 com NS"));
    }
    EXPECT_EQ((resolver_.asked[{"zone.example", RecordType::ns}]), 1) << "once for all checks";
    EXPECT_EQ(channels_->known_available(ChannelKind::dns), false);
    EXPECT_EQ(channels_->known_faults().size(), 1u);
    resolver_.asked.clear();
  }
}

TEST_F(ChannelMonitorTest, ADomainThatIsGoneIsBlamedWhileOthersExist) {
  auto report = check({"gone.example"})[0];
  EXPECT_THAT(summary(report), HasSubstr("mx-nxdomain:critical"));
  EXPECT_EQ((resolver_.asked[{"zone.example", RecordType::ns}]), 1);
  report = check({"one.example", "gone.example"})[1];
  EXPECT_THAT(summary(report), HasSubstr("mx-nxdomain:critical"));
}

TEST_F(ChannelMonitorTest, ARecordThatIsMissingCostsNoFurtherQuery) {
  resolver_.answers.erase({"_smtp._tls.one.example", RecordType::txt});
  EXPECT_EQ(summary(check({"one.example"})[0]), "tlsrpt-missing:warning ");
  EXPECT_EQ((resolver_.asked[{"zone.example", RecordType::ns}]), 0);
  EXPECT_EQ(canary_queries(), 0);
}

TEST_F(ChannelMonitorTest, TheMetricKnowsNothingWithoutEvidence) {
  build();
  for (ChannelKind kind : kChannelKinds) EXPECT_EQ(channels_->known_available(kind), std::nullopt);
  check({"one.example"});
  for (ChannelKind kind : kChannelKinds) EXPECT_EQ(channels_->known_available(kind), true);
}

TEST_F(ChannelMonitorTest, DnsIsAliveAgainWhenACanaryAnswersAndNotWhenACacheDoes) {
  auto domains = add_domains(2);
  check(domains);
  resolver_.otherwise = DnsStatus::servfail;
  auto record = resolver_.answers[{"_mta-sts.d0.example", RecordType::txt}];
  resolver_.script("_mta-sts.d0.example", RecordType::txt, DnsStatus::servfail).texts.clear();
  check(domains);
  EXPECT_EQ(channels_->known_available(ChannelKind::dns), false);
  later_ += std::chrono::seconds(6);
  check({"d1.example"});
  EXPECT_EQ(channels_->known_available(ChannelKind::dns), false) << "a cache has answered";
  resolver_.otherwise = DnsStatus::nxdomain;
  resolver_.answers[{"_mta-sts.d0.example", RecordType::txt}] = record;
  later_ += std::chrono::minutes(1);
  check(domains);
  EXPECT_EQ(channels_->known_available(ChannelKind::dns), true) << "without any failure";
}

// No canary is configured, one host inside the agent's own network still answers, and all others
// have begun to fail at once.
TEST_F(ChannelMonitorTest, AMassFailureIsTheAgentsOwn) {
  without_canaries();
  settings_.check.smtp_interval = settings_.check.interval;
  auto domains = add_domains(30);
  for (const auto& report : check(domains)) EXPECT_EQ(report.outcome, Outcome::ok);
  later_ += std::chrono::minutes(16);
  auto good_probe = prober_.answer;
  prober_.answer = [good_probe](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt = good_probe(host, address);
    if (host == "h0.mail.example") return attempt;
    attempt = SmtpAttempt();
    attempt.status = SmtpStatus::connect_timeout;
    return attempt;
  };
  auto good_fetch = fetcher_.answer;
  fetcher_.answer = [good_fetch](const std::string& host, const IpAddress& address) {
    HttpsAttempt attempt = good_fetch(host, address);
    if (host == "mta-sts.d0.example") return attempt;
    attempt = HttpsAttempt();
    attempt.status = HttpsStatus::unreachable;
    return attempt;
  };
  auto reports = check(domains);
  EXPECT_EQ(reports[0].outcome, Outcome::ok);
  // The first few may be judged before there are enough of them to see what happens.
  size_t blameless = 0;
  for (const auto& report : reports)
    if (report.outcome == Outcome::unknown) ++blameless;
  EXPECT_GE(blameless, 25u);
  const auto& report = reports.back();
  EXPECT_EQ(find(report, "probe-https-outage").severity, Severity::unknown) << summary(report);
  EXPECT_EQ(find(report, "probe-smtp-outage").severity, Severity::unknown) << summary(report);
  EXPECT_EQ(report.stage(Stage::smtp), verdict::StageResult::unknown);
  EXPECT_EQ(report.stage(Stage::policy_fetch), verdict::StageResult::unknown);
  EXPECT_TRUE(channels_->suspects_outage(ChannelKind::https));
  EXPECT_EQ(channels_->known_available(ChannelKind::https), false);
  EXPECT_EQ(channels_->known_available(ChannelKind::smtp), false);
}

TEST_F(ChannelMonitorTest, AMassFailureCountsWhenACanaryAnswers) {
  auto domains = add_domains(30);
  for (const auto& report : check(domains)) EXPECT_EQ(report.outcome, Outcome::ok);
  fetcher_.answer = [good = fetcher_.answer](const std::string& host, const IpAddress& address) {
    HttpsAttempt attempt = good(host, address);
    if (host == "canary.example") return attempt;
    attempt = HttpsAttempt();
    attempt.status = HttpsStatus::refused;
    return attempt;
  };
  for (const auto& report : check(domains))
    EXPECT_EQ(find(report, "sts-host-connect-refused").severity, Severity::critical);
  EXPECT_FALSE(channels_->suspects_outage(ChannelKind::https));
  EXPECT_EQ(channels_->known_available(ChannelKind::https), true);
}

TEST_F(ChannelMonitorTest, OneHostOfManyDomainsIsNoMassFailure) {
  without_canaries();
  std::vector<std::string> domains;
  for (int i = 0; i < 40; ++i) {
    domains.push_back("c" + std::to_string(i) + ".example");
    add_domain(domains.back(), {"mx1.mail.example"});  // and one policy host
  }
  auto own = add_domains(1);
  check(domains);
  check(own);
  fetcher_.answer = [good = fetcher_.answer](const std::string& host, const IpAddress& address) {
    HttpsAttempt attempt = good(host, address);
    if (address.text() != "192.175.48.100") return attempt;
    attempt = HttpsAttempt();
    attempt.status = HttpsStatus::refused;
    return attempt;
  };
  check(own);
  for (const auto& report : check(domains))
    EXPECT_EQ(find(report, "sts-host-connect-refused").severity, Severity::critical);
}

// A refusal comes at once; a sibling that is still talking proves that it is the host's own.
TEST_F(ChannelMonitorTest, ARefusalIsJudgedAfterTheSiblingsHaveAnswered) {
  settings_.canary.smtp = {"blocked.example"};
  resolver_.add_address("blocked.example", "192.88.97.1");
  add_domain("two.example", {"mx1.mail.example", "mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.88.96.1");
  prober_.delays["mx2.mail.example"] = milliseconds(300);
  prober_.answer = [good = prober_.answer](const std::string& host, const IpAddress& address) {
    SmtpAttempt attempt = good(host, address);
    if (host == "mx2.mail.example") return attempt;
    attempt = SmtpAttempt();
    attempt.status = SmtpStatus::refused;
    return attempt;
  };
  EXPECT_EQ(summary(check({"two.example"})[0]), "smtp-connect-refused:warning ");
  EXPECT_TRUE(prober_.greeted.empty()) << "no canary was needed";
}

// The loop stood still while peers waited for the agent, and its own timers ran out.
TEST_F(ChannelMonitorTest, AStandstillOfTheAgentIsNobodysTimeout) {
  lag_ = std::make_unique<async::LoopLag>(loop_.get_executor());
  auto block = [] { std::this_thread::sleep_for(milliseconds(900)); };
  fetcher_.answer = [&](const std::string& host, const IpAddress&) {
    HttpsAttempt attempt;
    attempt.status = HttpsStatus::responded;
    if (host == "canary.example") return attempt;
    block();
    attempt.status = HttpsStatus::response_timeout;
    return attempt;
  };
  prober_.answer = [&](const std::string& host, const IpAddress&) {
    SmtpAttempt attempt;
    attempt.reply_code = 220;
    if (host == "mxcanary.example") return attempt;
    block();
    attempt.status = SmtpStatus::tls_closed;
    return attempt;
  };
  auto report = check({"one.example"})[0];
  expect_blameless(report);
  EXPECT_THAT(find(report, "sts-http-timeout").message, HasSubstr("stood still"));
}

TEST_F(ChannelMonitorTest, ATimeoutOfAnAgentThatRunsCounts) {
  lag_ = std::make_unique<async::LoopLag>(loop_.get_executor());
  fetcher_.answer = [](const std::string& host, const IpAddress&) {
    HttpsAttempt attempt;
    attempt.status =
        host == "canary.example" ? HttpsStatus::responded : HttpsStatus::response_timeout;
    return attempt;
  };
  EXPECT_THAT(summary(check({"one.example"})[0]), HasSubstr("sts-http-timeout:critical"));
}

}  // namespace
}  // namespace mtasts::check
