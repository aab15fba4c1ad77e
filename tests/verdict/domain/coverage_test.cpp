// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/domain/coverage.h"

#include <gtest/gtest.h>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using Names = std::vector<std::string>;

TEST(Coverage, SuggestionCoversEveryHostByTheOneLabelRule) {
  struct {
    Names hosts;
    Names patterns;
    const char* why;
  } cases[] = {
      {{"contoso-com.mail.protection.outlook.com"}, {"*.mail.protection.outlook.com"}, "M365"},
      {{"contoso-com.j-v1.mx.microsoft"}, {"*.j-v1.mx.microsoft"}, "M365 with DNSSEC"},
      {{"aspmx.l.google.com", "alt1.aspmx.l.google.com", "alt2.aspmx.l.google.com"},
       {"aspmx.l.google.com", "*.aspmx.l.google.com"},
       "Workspace: the base needs its own line"},
      {{"aspmx2.googlemail.com"}, {"*.googlemail.com"}, "legacy Workspace"},
      {{"smtp.google.com"}, {"smtp.google.com"}, "new Workspace"},
      {{"mx1.mail.ovh.net", "mx2.mail.ovh.net"}, {"*.mail.ovh.net"}, "OVH"},
      {{"mail.protonmail.ch", "mailsec.protonmail.ch"},
       {"mail.protonmail.ch", "mailsec.protonmail.ch"},
       "Proton"},
      {{"route1.mx.cloudflare.net"}, {"*.mx.cloudflare.net"}, "Cloudflare"},
      {{"mx0a-001.pphosted.com"}, {"*.pphosted.com"}, "Proofpoint"},
      {{"mxa-001.gslb.pphosted.com"}, {"*.gslb.pphosted.com"}, "one label deeper"},
      {{"d1.ess.de.barracudanetworks.com"},
       {"d1.ess.de.barracudanetworks.com"},
       "a region's label: the usual wildcard does not reach, so the host itself"},
      {{"x.mail.protection.office365.us"}, {"*.mail.protection.office365.us"}, "M365 for the US"},
      {{"mta5.am0.yahoodns.net"}, {"*.am0.yahoodns.net"}, "Yahoo"},
      {{"mx-biz.mail.am0.yahoodns.net", "mx-aol.mail.gm0.yahoodns.net"},
       {"*.mail.am0.yahoodns.net", "*.mail.gm0.yahoodns.net"},
       "Yahoo and AOL: one label deeper"},
      {{"acme.in.tmes.trendmicro.eu"}, {"*.in.tmes.trendmicro.eu"}, "Trend Micro"},
      {{"mx1.hc1234-56.iphmx.com", "mx2.hc1234-56.iphmx.com"},
       {"mx1.hc1234-56.iphmx.com", "mx2.hc1234-56.iphmx.com"},
       "Cisco: customers differ in the label after the first"},
      {{"cluster1.eu.messagelabs.com"}, {"cluster1.eu.messagelabs.com"}, "a region's label"},
      {{"mx.yandex.net"}, {"mx.yandex.net"}, "Yandex: one host for all"},
      {{"mx00.ionos.de", "mx01.ionos.de"}, {"mx00.ionos.de", "mx01.ionos.de"}, "IONOS"},
      {{"inbound-smtp.eu-west-1.amazonaws.com"},
       {"inbound-smtp.eu-west-1.amazonaws.com"},
       "Amazon SES: a wildcard would cover other people's servers"},
      {{"spool.mail.gandi.net", "fb.mail.gandi.net"},
       {"spool.mail.gandi.net", "fb.mail.gandi.net"},
       "Gandi"},
      {{"mx1.example.org"}, {"mx1.example.org"}, "nobody we know"},
      {{"MX1.Example.ORG", "mx1.example.org"}, {"mx1.example.org"}, "case"},
      {{"mx_1.example.org", "192.0.2.1", ""}, {}, "what no policy can list"},
  };
  for (const auto& item : cases) {
    Names patterns = suggested_patterns(item.hosts);
    EXPECT_EQ(patterns, item.patterns) << item.why;
    if (item.patterns.empty()) continue;
    for (const std::string& host : item.hosts)
      EXPECT_TRUE(covering_pattern(patterns, host)) << item.why << ": " << host;
  }
}

TEST(Coverage, ProvidersByTheNamesOfTheirHosts) {
  const std::pair<const char*, const char*> cases[] = {
      {"contoso-com.mail.protection.outlook.com", "Microsoft 365"},
      {"contoso-com.j-v1.mx.microsoft", "Microsoft 365"},
      {"ASPMX.L.Google.com", "Google Workspace"},
      {"smtp.google.com", "Google Workspace"},
      {"mail.protonmail.ch", "Proton"},
      {"in1-smtp.messagingengine.com", "Fastmail"},
      {"mx.zoho.eu", "Zoho"},
      {"mx3.mail.ovh.net", "OVHcloud"},
      {"mx0a-001.pphosted.com", "Proofpoint"},
      {"eu-smtp-inbound-1.mimecast.com", "Mimecast"},
      {"mx01.mail.icloud.com", "iCloud"},
      {"mta5.am0.yahoodns.net", "Yahoo"},
      {"mx-aol.mail.gm0.yahoodns.net", "Yahoo"},
      {"mx.yandex.net", "Yandex"},
      {"mx00.ionos.co.uk", "IONOS"},
      {"mx01.kundenserver.de", "IONOS"},
      {"spool.mail.gandi.net", "Gandi"},
      {"mta-gw.infomaniak.ch", "Infomaniak"},
      {"mxa.eu.mailgun.org", "Mailgun"},
      {"d1.ess.de.barracudanetworks.com", "Barracuda"},
      {"d1.ess.barracudanetworks.com", "Barracuda"},
      {"mx1.hc1234-56.eu.iphmx.com", "Cisco Secure Email"},
      {"acme.in.tmes.trendmicro.com", "Trend Micro"},
      {"route1.mx.cloudflare.net", "Cloudflare"},
      {"inbound-smtp.us-east-1.amazonaws.com", "Amazon SES"},
      // Names of customers' servers and of others.
      {"ec2-192-0-2-1.eu-west-1.compute.amazonaws.com", ""},
      {"amazonaws.com", ""},
      {"www.mailgun.org", ""},
      {"notpphosted.com", ""},
      {"mx00.ionos.com.example.org", ""},
      {"", ""},
  };
  for (const auto& [host, provider] : cases) EXPECT_EQ(provider_of(host), provider) << host;
}

TEST(Coverage, HintsAreSentencesAboutProvidersOfTheTable) {
  for (const char* host :
       {"a.mail.protection.outlook.com", "aspmx.l.google.com", "mx1.hc1-2.iphmx.com",
        "mta5.am0.yahoodns.net", "mx.yandex.net", "mx00.ionos.de", "fb.mail.gandi.net",
        "mta-gw.infomaniak.ch", "mxa.mailgun.org", "inbound-smtp.us-east-1.amazonaws.com"}) {
    std::string_view hint = provider_hint(provider_of(host));
    ASSERT_FALSE(hint.empty()) << host;
    EXPECT_EQ(hint.back(), '.') << host;
  }
  EXPECT_EQ(provider_hint(""), "");
}

TEST(Coverage, SuggestedPolicyIsOneThatEverySenderAccepts) {
  std::string text = suggested_policy({"mx1.example.org"}, protocol::Mode::testing, 604800);
  EXPECT_EQ(text, "version: STSv1\r\nmode: testing\r\nmx: mx1.example.org\r\nmax_age: 604800\r\n");
  protocol::StsPolicy policy = protocol::parse_sts_policy(text);
  EXPECT_TRUE(policy.valid);
  EXPECT_EQ(policy.faults.size(), 1u) << "only that it is testing";
}

TEST(Coverage, GoogleWildcardIsNotCoveringItsDeeperHosts) {
  EXPECT_FALSE(covering_pattern({"*.google.com"}, "aspmx.l.google.com"));
  EXPECT_TRUE(covering_pattern({"*.google.com"}, "smtp.google.com"));
}

TEST(Coverage, ReportSuggestsAPolicyWhenTheLiveOneDoesNotFit) {
  Scene scene;
  scene.set_mx({"contoso-com.mail.protection.outlook.com"});
  Report report = scene.judged();
  EXPECT_EQ(report.provider, "Microsoft 365");
  EXPECT_EQ(report.suggested_policy,
            "version: STSv1\r\nmode: enforce\r\nmx: *.mail.protection.outlook.com\r\n"
            "max_age: 2592000\r\n");
}

TEST(VerifyCommand, HostileNamesGetNoCommand) {
  Scene scene;
  scene.set_mx({"a;rm -rf ~'$(id)`.example"});
  scene.probe().status = protocol::SmtpStatus::starttls_missing;
  scene.probe().chain = nullptr;
  const Report report = scene.judged();
  const Finding* finding = find(report, "smtp-starttls-missing");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->verify, "") << "no host name, so no tool is made to connect to it";
}

TEST(VerifyCommand, NamesTheAddressAndPortThatWereSeen) {
  Scene scene;
  scene.thresholds.vantage.https_port = 8443;
  scene.thresholds.vantage.https_ca_file = "/etc/my ca.pem";
  scene.fetch().http_status = 404;
  scene.fetch(1).http_status = 404;
  Report report = scene.judged();
  EXPECT_EQ(find(report, "sts-http-status")->verify,
            "curl -sS -i --max-time 30 --cacert '/etc/my ca.pem' --connect-to ::192.175.48.10:8443 "
            "https://mta-sts.example.com/.well-known/mta-sts.txt");
}

TEST(VerifyCommand, AsksTheResolverTheAgentAsks) {
  Scene scene;
  scene.evidence.tlsrpt.texts.clear();
  scene.evidence.tlsrpt.status = protocol::DnsStatus::nxdomain;
  Report report = scene.judged();
  EXPECT_EQ(find(report, "tlsrpt-missing")->verify,
            "dig +noall +answer +comments TXT _smtp._tls.example.com");
  scene.thresholds.vantage.dns_server = "127.0.0.1";
  scene.thresholds.vantage.dns_port = 5301;
  report = scene.judged();
  EXPECT_EQ(find(report, "tlsrpt-missing")->verify,
            "dig @127.0.0.1 -p 5301 +noall +answer +comments TXT _smtp._tls.example.com");
}

}  // namespace
}  // namespace mtasts::verdict
