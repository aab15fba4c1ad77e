// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/host_board.h"

#include <gmock/gmock.h>

#include "board/latest_reports.h"
#include "fakes/board_domains.h"

namespace mtasts::board {
namespace {

using protocol::CertificateTime;
using std::chrono::seconds;
using verdict::Severity;

constexpr const char* kHost = "mx.example";

settings::DomainEntry domain_entry(const std::string& name) {
  return {DomainName::parse(name).value(), {}, std::nullopt};
}

protocol::PeerChainPtr chain_until(int64_t end) {
  auto chain = std::make_shared<protocol::PeerChain>();
  chain->leaf.not_before = CertificateTime(seconds(100));
  chain->leaf.not_after = chain->chain_not_after = CertificateTime(seconds(end));
  return chain;
}

std::shared_ptr<const verdict::MxHostReport> facts_until(int64_t end) {
  auto facts = std::make_shared<verdict::MxHostReport>();
  facts->host = kHost;
  facts->addresses.emplace_back().chain = chain_until(end);
  return facts;
}

// A report of a domain that uses kHost.
std::shared_ptr<verdict::Report> report_of(
    const std::string& domain, protocol::Mode mode,
    const std::shared_ptr<const verdict::MxHostReport>& facts) {
  auto report = std::make_shared<verdict::Report>();
  report->domain = domain;
  report->stages.fill(verdict::StageResult::pass);
  report->policy.mode = mode;
  report->mx.emplace_back().host = kHost;
  report->mx.front().facts = facts;
  return report;
}

std::shared_ptr<verdict::Report> with(std::shared_ptr<verdict::Report> report, Severity severity) {
  verdict::Finding finding;
  finding.row = &verdict::row_of("cert-expired");
  finding.severity = severity;
  finding.subject = "mx.example [192.0.2.1]";
  report->findings.push_back(finding);
  return report;
}

std::shared_ptr<verdict::Report> holding(std::shared_ptr<verdict::Report> report, Severity severity,
                                         bool is_over = false) {
  report->held_faults.push_back({&verdict::row_of("cert-expired"), severity,
                                 "mx.example [192.0.2.1]", Time(seconds(1)), is_over});
  return report;
}

std::shared_ptr<verdict::Report> without_hosts(std::shared_ptr<verdict::Report> report) {
  report->mx.clear();
  return report;
}

class HostBoardTest : public testing::Test {
 protected:
  HostBoardTest() {
    fakes::set_domains(board_, {domain_entry("a.example"), domain_entry("b.example")});
  }
  std::shared_ptr<verdict::Report> a() const {
    return report_of("a.example", protocol::Mode::enforce, facts_);
  }
  std::shared_ptr<verdict::Report> b() const {
    return report_of("b.example", protocol::Mode::testing, facts_);
  }
  // The one fault of the host: "critical now", "warning earlier"; empty: none.
  std::string fault() const {
    const auto hosts = board_.snapshot().hosts;
    if (hosts.empty() || hosts.front()->faults.empty()) return "";
    EXPECT_EQ(hosts.front()->faults.size(), 1u);
    const HostFault& fault = hosts.front()->faults.front();
    EXPECT_EQ(fault.alert->alert, "MtastsMxCertificateInvalid");
    EXPECT_EQ(fault.subject, "mx.example [192.0.2.1]");
    return std::string(name_of(fault.severity)) + (fault.is_over       ? " over"
                                                   : fault.is_seen_now ? " now"
                                                                       : " earlier");
  }

  LatestReports board_;
  std::shared_ptr<const verdict::MxHostReport> facts_ = facts_until(500);
};

TEST_F(HostBoardTest, AFaultHasTheWorstSeverityOfTheDomains) {
  board_.publish(with(b(), Severity::warning));
  EXPECT_EQ(fault(), "warning now");
  board_.publish(with(a(), Severity::critical));
  EXPECT_EQ(fault(), "critical now");
  board_.publish(with(a(), Severity::warning));
  EXPECT_EQ(fault(), "warning now");
  board_.publish(a());
  EXPECT_EQ(fault(), "warning now") << "of the other domain";
  board_.publish(b());
  EXPECT_EQ(fault(), "");
}

TEST_F(HostBoardTest, AFaultIsSeenNowIfSomeDomainSeesIt) {
  board_.publish(holding(a(), Severity::critical));
  EXPECT_EQ(fault(), "critical earlier");
  board_.publish(with(b(), Severity::warning));
  EXPECT_EQ(fault(), "critical now");
  board_.publish(b());
  EXPECT_EQ(fault(), "critical earlier");
  board_.publish(holding(a(), Severity::critical, true));
  EXPECT_EQ(fault(), "critical over");
  board_.publish(with(b(), Severity::warning));
  EXPECT_EQ(fault(), "warning now") << "what is over counts no more";
  board_.publish(b());
  board_.publish(a());
  EXPECT_EQ(fault(), "");
}

TEST_F(HostBoardTest, ARemovedDomainTakesItsFaultsAlong) {
  board_.publish(with(a(), Severity::critical));
  board_.publish(with(b(), Severity::warning));
  const Update update = board_.remove_domain("a.example");
  ASSERT_EQ(update.hosts.size(), 1u);
  EXPECT_EQ(fault(), "warning now");
  EXPECT_THAT(board_.remove_domain("b.example").removed_hosts, testing::ElementsAre(kHost));
  EXPECT_TRUE(board_.snapshot().hosts.empty());
}

TEST_F(HostBoardTest, AHostStaysWhileSomethingIsHeldOfIt) {
  board_.publish(with(a(), Severity::critical));
  auto blind = holding(without_hosts(a()), Severity::critical);
  blind->held_certificates = {{kHost, CertificateTime(seconds(500)), std::nullopt, Time()}};
  board_.publish(blind);
  ASSERT_EQ(board_.snapshot().hosts.size(), 1u);
  const HostEntry& host = *board_.snapshot().hosts.front();
  EXPECT_EQ(host.facts, nullptr) << "nothing is known of it now";
  EXPECT_EQ(fault(), "critical earlier");
  EXPECT_TRUE(host.is_enforced);
  ASSERT_TRUE(host.certificate);
  EXPECT_EQ(host.certificate->expiry, CertificateTime(seconds(500)));
  auto update = board_.publish(without_hosts(a()));
  EXPECT_THAT(update->removed_hosts, testing::ElementsAre(kHost));
}

TEST_F(HostBoardTest, ACertificateIsThatOfTheFactsOrAsLastSeen) {
  board_.publish(a());
  EXPECT_EQ(board_.snapshot().hosts.front()->certificate->expiry, CertificateTime(seconds(500)));
  facts_ = std::make_shared<verdict::MxHostReport>();
  auto unseen = a();
  unseen->held_certificates = {{kHost, CertificateTime(seconds(500)), std::nullopt, Time()}};
  board_.publish(unseen);
  ASSERT_TRUE(board_.snapshot().hosts.front()->certificate);
  board_.publish(a());
  EXPECT_FALSE(board_.snapshot().hosts.front()->certificate) << "held no longer";
}

TEST_F(HostBoardTest, IsEnforcedWhileADomainInModeEnforceUsesIt) {
  board_.publish(b());
  EXPECT_FALSE(board_.snapshot().hosts.front()->is_enforced);
  board_.publish(a());
  EXPECT_TRUE(board_.snapshot().hosts.front()->is_enforced);
  board_.publish(report_of("a.example", protocol::Mode::none, facts_));
  EXPECT_FALSE(board_.snapshot().hosts.front()->is_enforced);
}

TEST_F(HostBoardTest, TellsOnlyWhatChanged) {
  EXPECT_EQ(board_.publish(with(a(), Severity::critical))->hosts.size(), 1u);
  EXPECT_TRUE(board_.publish(with(a(), Severity::critical))->hosts.empty());
  EXPECT_TRUE(board_.publish(with(b(), Severity::warning))->hosts.empty());
  EXPECT_EQ(board_.publish(a())->hosts.size(), 1u);
}

}  // namespace
}  // namespace mtasts::board
