// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whether TLS reports can arrive where the TLSRPT record sends them.
#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/extra_scene.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;

TEST(ReportTargets, AReportDomainThatCanOrMayReceiveMailIsFine) {
  struct Case {
    DnsStatus mx;
    std::vector<protocol::MxRecord> records;
    std::vector<std::string> addresses;
    std::string expected;  // the end of the message
  };
  const Case cases[] = {
      {DnsStatus::answered, {{10, "mx.example.net"}}, {}, ""},
      {DnsStatus::answered, {{0, ""}, {10, "mx.example.net"}}, {}, ""},
      {DnsStatus::answered, {{0, ""}}, {}, "which has a null MX"},
      {DnsStatus::nodata, {}, {"192.175.48.9"}, ""},  // RFC 5321 §5.1: implicit MX
      {DnsStatus::nodata, {}, {"2a00::9"}, ""},
      {DnsStatus::nodata, {}, {}, "which has neither MX nor address records"},
      {DnsStatus::nxdomain, {}, {}, "which does not exist (NXDOMAIN)"},
      {DnsStatus::servfail, {}, {}, ""},
      {DnsStatus::timeout, {}, {}, ""},
      {DnsStatus::cancelled, {}, {}, ""},
  };
  for (const Case& c : cases) {
    Scene scene;
    scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:tls@reports.example.net?subject=x"};
    add_report_domain(scene, "reports.example.net", c.mx, c.records, c.addresses);
    std::string message = message_of(scene.judged(), "tlsrpt-rua-mailto-no-mx");
    EXPECT_EQ(message.empty(), c.expected.empty()) << message;
    EXPECT_TRUE(message.ends_with(c.expected)) << message;
  }
}

TEST(ReportTargets, UnfinishedAddressLookupsProveNothing) {
  Scene scene;
  scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:tls@reports.example.net"};
  ReportMailDomain target;
  target.domain = "reports.example.net";
  target.mx.status = DnsStatus::nodata;
  scene.evidence.extra.report_domains = {std::make_shared<const ReportMailDomain>(target)};
  EXPECT_EQ(summary(scene.judged()), "");
}

TEST(ReportTargets, TheDomainsOwnAddressCountsByItsOwnMx) {
  Scene scene;
  scene.evidence.mx.mx = {{0, ""}};
  scene.hosts.clear();
  EXPECT_NE(find(scene.judged(), "tlsrpt-rua-mailto-no-mx"), nullptr);
}

TEST(ReportTargets, AReportHostIsUnreachableOnlyWhenEveryAddressFails) {
  struct Case {
    std::vector<HttpsStatus> statuses;
    bool expected;
  };
  const Case cases[] = {
      {{HttpsStatus::responded}, false},
      {{HttpsStatus::refused, HttpsStatus::responded}, false},
      {{HttpsStatus::refused, HttpsStatus::cancelled}, false},
      {{HttpsStatus::refused, HttpsStatus::connect_timeout}, true},
      {{HttpsStatus::tls_failed}, true},
      {{HttpsStatus::tls_timeout}, true},
      {{HttpsStatus::not_allowed}, true},
      {{}, true},  // no address
  };
  for (const Case& c : cases) {
    Scene scene;
    scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=https://reports.example.net/v1"};
    add_report_host(scene, "reports.example.net", c.statuses);
    EXPECT_EQ(summary(scene.judged()), c.expected ? "tlsrpt-rua-https-unreachable:warning " : "");
  }
}

TEST(ReportTargets, AReportHostThatCouldNotBeObservedIsNoFinding) {
  Scene scene;
  scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=https://reports.example.net/v1"};
  ReportHost host = report_host("reports.example.net", {HttpsStatus::connect_timeout});
  host.channels = ChannelSet();
  add_report_host(scene, host);
  EXPECT_EQ(summary(scene.judged()), "") << "HTTPS was not available to the agent";
  scene.evidence.extra.report_hosts.clear();
  host.channels = ChannelSet::all();
  host.untried = 1;
  add_report_host(scene, host);
  EXPECT_EQ(summary(scene.judged()), "") << "another address may answer";
  scene.evidence.extra.report_hosts.clear();
  host.untried = 0;
  host.addresses[1].status = DnsStatus::timeout;
  add_report_host(scene, host);
  EXPECT_EQ(summary(scene.judged()), "") << "there may be more addresses";
}

TEST(ReportTargets, AUrlWithAnotherPortIsNotJudged) {
  Scene scene;
  scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=https://reports.example.net:8443/v1"};
  add_report_host(scene, "reports.example.net", {HttpsStatus::refused});
  EXPECT_EQ(summary(scene.judged()), "");
}

}  // namespace
}  // namespace mtasts::verdict
