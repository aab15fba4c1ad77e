// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is observed beside the checks: how often, how much, for whom, and that it never costs a
// domain anything when it cannot be observed.
#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "fakes/fake_authority_prober.h"
#include "scripted_checks.h"

namespace mtasts::check {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ExtraProbesTest : public ScriptedChecks {
 protected:
  void build_with_authorities() {
    build();
    Environment environment{loop_.get_executor(), *tasks_, resolver_, fetcher_, prober_};
    environment.steady_now = [this] { return std::chrono::steady_clock::now() + later_; };
    environment.clock = [this] { return system_now() + later_; };
    environment.lag = lag_.get();
    environment.authorities = &authorities_;
    checker_ = std::make_unique<Checker>(environment, *mx_probes_, *channels_, settings_);
    checker_->extra_probes().set_pause(milliseconds(1));
  }

  void add_name_servers(const std::string& zone, const std::vector<std::string>& servers) {
    auto& answer = resolver_.script(zone, RecordType::ns);
    for (size_t i = 0; i < servers.size(); ++i) {
      answer.names.push_back(servers[i]);
      resolver_.add_address(servers[i], "192.88.98." + std::to_string(i + 1));
    }
  }

  int queries() const {
    return std::accumulate(resolver_.asked.begin(), resolver_.asked.end(), 0,
                           [](int sum, const auto& item) { return sum + item.second; });
  }
  int queries_below(const std::string& domain) const {
    int count = 0;
    for (const auto& [key, times] : resolver_.asked)
      if (key.first.starts_with('_') && key.first.ends_with(domain)) count += times;
    return count;
  }

  fakes::FakeAuthorityProber authorities_;
};

TEST_F(ExtraProbesTest, AHealthyDomainCostsOneMoreQueryAnHour) {
  check({"one.example"});
  int first = queries();
  later_ = std::chrono::minutes(59);
  check({"one.example"});
  int second = queries() - first;
  EXPECT_EQ(second, 5) << "two records, MX, two addresses of the policy host";
  later_ = std::chrono::minutes(61);
  check({"one.example"});
  EXPECT_EQ(queries() - first - second, 5 + 2 + 1) << "the MX host's addresses, the random name";
}

TEST_F(ExtraProbesTest, TheRandomNameIsNewEachTime) {
  check({"one.example"});
  later_ = std::chrono::minutes(61);
  check({"one.example"});
  std::vector<std::string> names;
  for (const auto& [key, times] : resolver_.asked)
    if (key.first.size() == std::string("_.one.example").size() + 20) names.push_back(key.first);
  EXPECT_EQ(names.size(), 2u) << testing::PrintToString(names);
}

TEST_F(ExtraProbesTest, ARecordAtAWrongNameIsFound) {
  resolver_.answers.erase({"_mta-sts.one.example", RecordType::txt});
  resolver_.answers.erase({"mta-sts.one.example", RecordType::a});
  for (const char* name : {"one.example", "mta-sts.one.example", "_mta_sts.one.example",
                           "_mta-sts.one.example.one.example", "_mtasts.one.example"}) {
    auto before = resolver_.answers;
    resolver_.script(name, RecordType::txt).texts = {"v=spf1 -all", "v=STSv1; id=1;"};
    later_ += std::chrono::minutes(61);
    auto report = check({"one.example"})[0];
    EXPECT_EQ(summary(report),
              "sts-txt-missing:warning sts-txt-wrong-location:warning sts-txt-nxdomain:info ")
        << name;
    resolver_.answers = before;
  }
}

TEST_F(ExtraProbesTest, ADomainThatNeverTookPartHasNoMoreFindings) {
  resolver_.answers.erase({"_mta-sts.one.example", RecordType::txt});
  resolver_.answers.erase({"mta-sts.one.example", RecordType::a});
  EXPECT_EQ(summary(check({"one.example"})[0]), "sts-txt-missing:warning sts-txt-nxdomain:info ");
  int first = queries();
  later_ = std::chrono::minutes(10);
  check({"one.example"});
  EXPECT_LT(queries() - first, first) << "other names are asked for once an hour";
}

TEST_F(ExtraProbesTest, WithoutAConclusiveRecordNothingElseIsAsked) {
  resolver_.script("_mta-sts.one.example", RecordType::txt, DnsStatus::timeout).texts.clear();
  check({"one.example"});
  EXPECT_EQ(queries_below("one.example"), 2) << "the record and the TLSRPT record";
}

TEST_F(ExtraProbesTest, WhatTheDeadlineCutsOffIsNoFindingAndNotUnknown) {
  resolver_.script("_smtp._tls.one.example", RecordType::txt).texts = {
      "v=TLSRPTv1; rua=mailto:a@slow.example"};
  resolver_.delays[{"slow.example", RecordType::mx}] = std::chrono::seconds(2);
  auto report = check({"one.example"}, milliseconds(100))[0];
  EXPECT_EQ(summary(report), "");
  EXPECT_EQ(report.outcome, Outcome::ok);
}

TEST_F(ExtraProbesTest, ReportDestinationsAreSharedByAllDomains) {
  std::vector<std::string> domains;
  for (int i = 0; i < 30; ++i) {
    std::string name = "d" + std::to_string(i) + ".example";
    add_domain(name, {"mx1.mail.example"});
    resolver_.script("_smtp._tls." + name, RecordType::txt).texts = {
        "v=TLSRPTv1; rua=mailto:" + name + "@gone.example,https://reports.example/v1"};
    domains.push_back(name);
  }
  resolver_.add_address("reports.example", "192.175.48.120");
  auto good = fetcher_.answer;
  fetcher_.answer = [good](const std::string& host, const IpAddress& address) {
    if (host != "reports.example") return good(host, address);
    HttpsAttempt attempt;
    attempt.status = HttpsStatus::refused;
    return attempt;
  };
  for (const auto& report : check(domains))
    EXPECT_EQ(summary(report),
              "tlsrpt-rua-mailto-no-mx:warning tlsrpt-rua-https-unreachable:warning ");
  EXPECT_EQ((resolver_.asked[{"gone.example", RecordType::mx}]), 1);
  EXPECT_EQ(std::count(fetcher_.shaken.begin(), fetcher_.shaken.end(), "reports.example"), 1);
  for (const auto& [host, address] : fetcher_.fetched) EXPECT_NE(host, "reports.example");
}

TEST_F(ExtraProbesTest, AReportHostIsNotBlamedWhileHttpsIsUnavailable) {
  resolver_.script("_smtp._tls.one.example", RecordType::txt).texts = {
      "v=TLSRPTv1; rua=https://reports.example/v1"};
  resolver_.add_address("reports.example", "192.175.48.120");
  https_down_ = true;
  auto report = check({"one.example"})[0];
  EXPECT_THAT(summary(report), testing::Not(HasSubstr("tlsrpt-")));
  EXPECT_THAT(fetcher_.shaken, testing::Contains("reports.example"));
}

TEST_F(ExtraProbesTest, ALongListOfReportAddressesIsBounded) {
  std::string rua = "v=TLSRPTv1; rua=mailto:a@r0.example";
  for (int i = 1; i < 90; ++i) rua += ",mailto:a@r" + std::to_string(i) + ".example";
  resolver_.script("_smtp._tls.one.example", RecordType::txt).texts = {rua};
  check({"one.example"});
  int asked = 0;
  for (const auto& [key, times] : resolver_.asked)
    if (key.second == RecordType::mx) asked += times;
  EXPECT_LE(asked, 1 + static_cast<int>(ExtraProbes::kMaxReportTargets));
}

// Authoritative servers.

TEST_F(ExtraProbesTest, ServersThatAgreeAreNoFinding) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"}, 7);
  authorities_.script("192.88.98.2", {"v=STSv1; id=1;"}, 8);
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
  EXPECT_EQ(authorities_.asked.size(), 2u);
  EXPECT_THAT(authorities_.serials_asked, IsEmpty());
}

TEST_F(ExtraProbesTest, AStaleServerIsNamed) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"}, 7);
  authorities_.script("192.88.98.2", {}, 7);
  auto report = check({"one.example"})[0];
  ASSERT_EQ(summary(report), "sts-txt-ns-inconsistent:warning ");
  EXPECT_EQ(report.findings[0].subject, "ns2.example");
  EXPECT_THAT(report.findings[0].message, HasSubstr("answers NODATA"));
}

TEST_F(ExtraProbesTest, ADifferenceThatPassesIsNoFinding) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"}, 7);
  authorities_.later["192.88.98.2"] = authorities_.servers["192.88.98.1"];
  authorities_.script("192.88.98.2", {"v=STSv1; id=0;"}, 6);
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
}

TEST_F(ExtraProbesTest, WhatHappensOnceIsNoFinding) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  authorities_.later["192.88.98.2"];
  authorities_.later["192.88.98.2"].answer.answer.status = DnsStatus::refused;
  authorities_.script("192.88.98.2", {}).answer.answer.status = DnsStatus::servfail;
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
}

TEST_F(ExtraProbesTest, SilentServersAndBlockedPortsAreNoFinding) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
  // Something in between answers for every server.
  authorities_.script("192.88.98.1", {}).answer.answer.status = DnsStatus::refused;
  authorities_.script("192.88.98.2", {"v=STSv1; id=1;"}).answer.authoritative = false;
  later_ = std::chrono::hours(2);
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
}

TEST_F(ExtraProbesTest, AClosedPortIsLeftAlone) {
  build_with_authorities();
  std::vector<std::string> domains;
  for (int i = 0; i < 10; ++i) {
    std::string name = "d" + std::to_string(i) + ".example";
    add_domain(name, {"mx1.mail.example"});
    resolver_.script(name, RecordType::ns).names = {"ns1.example"};
    domains.push_back(name);
  }
  resolver_.add_address("ns1.example", "192.88.98.1");
  for (const std::string& domain : domains) check({domain});
  EXPECT_EQ(authorities_.asked.size(), 3u);
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  later_ = std::chrono::minutes(61);
  for (const std::string& domain : domains) check({domain});
  EXPECT_EQ(authorities_.asked.size(), 13u);
}

TEST_F(ExtraProbesTest, AServerThatIsNotConfiguredForTheZoneIsNamed) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example", "ns3.example", "ns4.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  authorities_.script("192.88.98.2", {}).answer.answer.status = DnsStatus::refused;
  authorities_.script("192.88.98.3", {}).answer.authoritative = false;
  authorities_.script("192.88.98.4", {}).answer.answer.status = DnsStatus::servfail;
  auto report = check({"one.example"})[0];
  EXPECT_EQ(summary(report),
            "sts-txt-ns-inconsistent:warning sts-txt-ns-inconsistent:warning "
            "sts-txt-ns-inconsistent:warning ");
}

TEST_F(ExtraProbesTest, AZoneOfItsOwnAtTheRecordIsNoFinding) {
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example", "ns2.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  auto& server = authorities_.script("192.88.98.2", {});
  server.answer.authoritative = false;
  server.answer.referral = true;
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
}

TEST_F(ExtraProbesTest, TheZoneAboveASubdomainIsFound) {
  add_domain("mail.one.example", {"mx1.mail.example"});
  resolver_.script("mail.one.example", RecordType::ns, DnsStatus::nodata);
  build_with_authorities();
  add_name_servers("one.example", {"ns1.example"});
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  check({"mail.one.example"});
  EXPECT_EQ(authorities_.asked.size(), 1u);
  EXPECT_EQ((resolver_.asked[{"example", RecordType::ns}]), 0) << "never the registry's servers";
}

TEST_F(ExtraProbesTest, ManyServersAreBoundedAndAskedLessOften) {
  build_with_authorities();
  std::vector<std::string> servers;
  for (int i = 0; i < 40; ++i) servers.push_back("ns" + std::to_string(i) + ".example");
  add_name_servers("one.example", servers);
  for (int i = 1; i <= 40; ++i)
    authorities_.script("192.88.98." + std::to_string(i), {"v=STSv1; id=1;"});
  check({"one.example"});
  EXPECT_EQ(authorities_.asked.size(), AuthorityProbe::kMaxServers);
  later_ = std::chrono::minutes(61);
  check({"one.example"});
  EXPECT_EQ(authorities_.asked.size(), AuthorityProbe::kMaxServers);
}

TEST_F(ExtraProbesTest, PrivateAndUnusedAddressesOfServersAreNotContacted) {
  build_with_authorities();
  resolver_.script("one.example", RecordType::ns).names = {"ns1.example", "ns2.example"};
  resolver_.add_address("ns1.example", "10.0.0.53");
  resolver_.add_address("ns2.example", "2a00::53");
  authorities_.script("10.0.0.53", {"v=STSv1; id=1;"});
  authorities_.script("2a00::53", {"v=STSv1; id=2;"});
  EXPECT_EQ(summary(check({"one.example"})[0]), "");
  EXPECT_THAT(authorities_.asked, IsEmpty());
}

TEST_F(ExtraProbesTest, ServersAreLookedUpOnceForAllDomains) {
  build_with_authorities();
  authorities_.script("192.88.98.1", {"v=STSv1; id=1;"});
  std::vector<std::string> domains;
  for (int i = 0; i < 20; ++i) {
    domains.push_back("d" + std::to_string(i) + ".example");
    add_domain(domains.back(), {"mx1.mail.example"});
    resolver_.script(domains.back(), RecordType::ns).names = {"ns1.example"};
  }
  resolver_.add_address("ns1.example", "192.88.98.1");
  check(domains);
  EXPECT_EQ((resolver_.asked[{"ns1.example", RecordType::a}]), 1);
  EXPECT_EQ(authorities_.asked.size(), 20u);
}

TEST_F(ExtraProbesTest, ResultsAreInheritedAndForgotten) {
  build_with_authorities();
  check({"one.example"});
  Environment environment{loop_.get_executor(), *tasks_, resolver_, fetcher_, prober_};
  environment.steady_now = [this] { return std::chrono::steady_clock::now() + later_; };
  auto next = std::make_unique<Checker>(environment, *mx_probes_, *channels_, settings_);
  next->extra_probes().inherit(checker_->extra_probes());
  checker_ = std::move(next);
  int before = queries();
  check({"one.example"});
  int inherited = queries() - before;
  later_ = std::chrono::hours(4);
  checker_->extra_probes().sweep();
  later_ = milliseconds(0);
  before = queries();
  check({"one.example"});
  EXPECT_GT(queries() - before, inherited);
}

}  // namespace
}  // namespace mtasts::check
