// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Slips in MX records, and that no advice ever tells to list what they name.

#include "verdict/domain/mx_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verdict/broken_cases.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using testing::HasSubstr;
using testing::Not;

struct NameCase {
  std::string domain, host;
  MxSlip slip;
  std::string meant;
  const char* why;
};

TEST(MxName, SlipsByNameAlone) {
  const NameCase cases[] = {
      {"example.com", "mx1.example.com", MxSlip::none, "", "a host of the domain"},
      {"example.com", "example.com", MxSlip::none, "", "the domain itself"},
      {"example.com", "mail.example.net", MxSlip::none, "", "somebody else's"},
      {"example.com", "aspmx.l.google.com", MxSlip::none, "", "a provider's"},
      {"example.com", "example-com.mail.protection.outlook.com", MxSlip::none, "", "a provider's"},
      {"example.com", "example.com.s9a1.psmtp.com", MxSlip::none, "", "customers by name"},
      {"com.com", "mx.com.com", MxSlip::none, "", "a real domain"},
      {"example.com.example.com", "mx.example.com.example.com", MxSlip::none, "", "its own name"},
      {"sub.example.com", "mx.example.com", MxSlip::none, "", "of the parent"},

      {"example.com", "mx1.example.com.example.com", MxSlip::doubled, "mx1.example.com", "no dot"},
      {"example.com", "MX1.Example.Com.Example.Com", MxSlip::doubled, "mx1.example.com", "case"},
      {"example.com", "example.com.example.com", MxSlip::doubled, "example.com", "the domain"},
      {"sub.example.com", "mx.sub.example.com.example.com", MxSlip::doubled, "mx.sub.example.com",
       "in the parent's zone"},
      {"sub.example.com", "mail.example.com.example.com", MxSlip::doubled, "mail.example.com",
       "a host of the parent's zone"},
      {"example.com", "mx1.example.com.com", MxSlip::doubled, "mx1.example.com", "the last label"},
      {"example.co.uk", "mx1.example.co.uk.co.uk", MxSlip::doubled, "mx1.example.co.uk", "two"},
      {"example.com", "aspmx.l.google.com.example.com", MxSlip::doubled, "aspmx.l.google.com",
       "a provider's name"},
      {"example.com", "example-com.mail.protection.outlook.com.example.com", MxSlip::doubled,
       "example-com.mail.protection.outlook.com", "a provider's name"},

      {"example.com", "192.0.2.1", MxSlip::address, "", "an address"},
      {"example.com", "2001:db8::1", MxSlip::address, "", "an address"},
      {"example.com", "192.0.2.1.example.com", MxSlip::address, "", "an address without dot"},
      {"example.com", "localhost", MxSlip::local, "", "itself"},
      {"example.com", "localhost.example.com", MxSlip::local, "", "itself, without dot"},
      {"example.com", "localhost.localdomain", MxSlip::local, "", "itself"},
      {"example.com", "mail", MxSlip::local, "", "no dot at all"},
      {"example.com", "mail.localhost", MxSlip::local, "", "RFC 6761"},

      {"example.com", "mx_1.example.com", MxSlip::no_host_name, "", "an underscore"},
      {"example.com", "mx1.example.com\\032", MxSlip::no_host_name, "mx1.example.com", "a blank"},
      {"example.com", "\\034mx1.example.com\\034", MxSlip::no_host_name, "mx1.example.com",
       "quotation marks"},
      {"example.com", "mx1\\046example\\046com.example.com", MxSlip::no_host_name,
       "mx1.example.com", "escaped dots, and the domain"},
      {"example.com", "mx1.example.com,", MxSlip::no_host_name, "mx1.example.com", "a comma"},
      {"example.com", "\\195\\188.example.com", MxSlip::no_host_name, "", "UTF-8"},
      {"example.com", "mx1.example.com.123", MxSlip::no_host_name, "", "RFC 1123"},
  };
  for (const NameCase& c : cases) {
    MxName name = read_mx_name(c.host, c.domain);
    EXPECT_EQ(name.slip, c.slip) << c.host << " of " << c.domain << ": " << c.why;
    if (c.slip == MxSlip::doubled || c.slip == MxSlip::no_host_name) {
      EXPECT_EQ(name.meant, c.meant) << c.host << ": " << c.why;
    }
    EXPECT_EQ(correction_of(c.host, name).empty(), c.slip == MxSlip::none) << c.host;
  }
}

// The MX hosts, of which `gone` have no address.
Scene scene_with(const std::vector<std::string>& hosts, const std::vector<std::string>& gone) {
  Scene scene;
  scene.set_mx(hosts);
  for (MxHostEvidence& host : scene.hosts) {
    if (std::find(gone.begin(), gone.end(), host.host) == gone.end()) continue;
    for (auto& answer : host.addresses.answers) {
      answer.status = DnsStatus::nxdomain;
      answer.addresses.clear();
    }
    host.attempts.clear();
  }
  return scene;
}

// Hosts that no fix and no suggested policy may list, beside a good one or alone.
TEST(MxName, NoAdviceListsAnUnsoundHost) {
  struct Unsound {
    std::string host;
    bool gone;
    std::string_view code;  // the finding that names the slip
    std::string advice;     // part of its fix
  };
  const Unsound all[] = {
      {"mx1.example.com.example.com", true, "mx-name-doubled", "mx1.example.com. with a final dot"},
      {"mx1.example.com.example.com", false, "mx-name-doubled", "final dot"},  // a wildcard
      {"mx3.example.com.com", true, "mx-name-doubled", "mx3.example.com. with"},
      {"aspmx.l.google.com.example.com", true, "mx-name-doubled", "aspmx.l.google.com. with"},
      {"localhost", false, "mx-name-local", "public name"},
      {"mail", true, "mx-name-local", "public name"},
      {"mail.example.local", true, "mx-name-local", "public name"},
      {"server.internal", true, "mx-name-local", "public name"},
      {"192.175.48.7", false, "mx-ip-literal", "host name"},
      {"192.0.2.1.example.com", true, "mx-ip-literal", "host name"},
      {"mx_1.example.com", false, "mx-underscore", "letters, digits"},
      {"mx9.example.com\\032", true, "mx-underscore", "mx9.example.com. in the MX record"},
      {"gone.example.net", true, "mx-no-address", "correct the name"},
      {"mail.hoster.net.example.com", true, "mx-no-address", "mail.hoster.net. with a final dot"},
  };
  for (const char* patterns : {"mx: mx1.example.com\r\n", "mx: mx7.example.com\r\n"})
    for (const char* mode : {"enforce", "testing"})
      for (bool alone : {true, false})
        for (const Unsound& unsound : all) {
          SCOPED_TRACE(unsound.host + (alone ? " alone, " : " beside another, ") + mode + patterns);
          std::vector<std::string> hosts = {unsound.host};
          if (!alone) hosts.emplace_back("mx1.example.com");
          Scene scene = scene_with(
              hosts, unsound.gone ? std::vector{unsound.host} : std::vector<std::string>());
          scene.set_body(policy_text(mode, patterns, "604800"));
          Report report = scene.judged();
          const Finding* named = find(report, unsound.code);
          ASSERT_NE(named, nullptr) << summary(report);
          EXPECT_THAT(named->fix, HasSubstr(unsound.advice));
          for (const Finding& finding : report.findings) {
            EXPECT_THAT(finding.fix, Not(HasSubstr("mx: " + unsound.host))) << finding.code();
            EXPECT_FALSE(finding.fix.empty()) << finding.code();
          }
          EXPECT_THAT(report.suggested_policy, Not(HasSubstr(unsound.host)));
          if (alone) {
            EXPECT_EQ(report.suggested_policy, "");
          }
          EXPECT_EQ(listable_hosts(report).size(), alone ? 0u : 1u);
        }
}

TEST(MxName, ASpecialFindingStandsAlone) {
  Scene scene = scene_with({"mx1.example.com.example.com"}, {"mx1.example.com.example.com"});
  Report report = scene.judged();
  EXPECT_EQ(find(report, "mx-no-address"), nullptr) << summary(report);
  EXPECT_EQ(find(report, "mx-not-covered"), nullptr) << summary(report);
  EXPECT_EQ(find(report, "mx-partial-coverage"), nullptr) << summary(report);
  EXPECT_EQ(find(report, "mx-name-doubled")->subject, "mx1.example.com.example.com");
  const Finding* unused = find(report, "sts-policy-mx-unused");
  ASSERT_NE(unused, nullptr) << "mx2.example.com is another matter";
  EXPECT_THAT(unused->message, Not(HasSubstr("mx1.example.com"))) << "it is what was meant";
}

TEST(MxName, ANameThatThePolicyListsOnPurposeIsNoSlip) {
  Scene scene = scene_with({"mx1.example.com.example.com"}, {});
  scene.set_body(policy_text("enforce", "mx: mx1.example.com.example.com\r\n", "2592000"));
  EXPECT_EQ(summary(scene.judged()), "");
}

TEST(MxName, LocalEndingsThatResolveAreAMatterOfTheNetwork) {
  Scene scene = scene_with({"mx1.healthy.test"}, {});
  scene.set_body(policy_text("enforce", "mx: mx1.healthy.test\r\n", "2592000"));
  EXPECT_EQ(summary(scene.judged()), "");
}

TEST(MxName, TheImplicitMxIsNoRecord) {
  Scene scene;
  scene.evidence.mx.mx.clear();
  scene.evidence.implicit_mx = true;
  MxTarget target;
  target.host = "example.com";
  EXPECT_EQ(read_mx_target(target, scene.evidence, {}).slip, MxSlip::none);
}

// What could not be looked up may well exist: leaving it out of a policy would stop its mail.
TEST(MxName, AHostThatCouldNotBeSeenStaysInASuggestion) {
  for (DnsStatus status : {DnsStatus::servfail, DnsStatus::timeout, DnsStatus::cancelled}) {
    Scene scene = scene_with({"mx1.example.com", "mx8.example.com"}, {"mx8.example.com"});
    for (auto& answer : scene.hosts[1].addresses.answers) answer.status = status;
    Report report = scene.judged();
    EXPECT_THAT(report.suggested_policy, HasSubstr("mx: mx8.example.com\r\n"));
  }
}

TEST(MxName, ASoundPolicyNeedsNoSuggestionForAnUnsoundHost) {
  Scene scene = scene_with({"mx1.example.com", "gone.example.com"}, {"gone.example.com"});
  EXPECT_EQ(scene.judged().suggested_policy, "");
}

}  // namespace
}  // namespace mtasts::verdict
