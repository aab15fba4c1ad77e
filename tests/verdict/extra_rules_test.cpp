// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is observed beside a check: when it is a finding, and above all when it is not.
#include <gtest/gtest.h>

#include "verdict/broken_cases.h"
#include "verdict/domain/coverage.h"
#include "verdict/extra_scene.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;
using std::chrono::hours;
using std::chrono::seconds;
using Kind = AuthorityLook::Kind;

TEST(ExtraRules, ATtlOfADayIsNotHigh) {
  Scene scene;
  scene.evidence.record.ttl = hours(24);
  EXPECT_EQ(summary(scene.judged()), "");
  scene.evidence.record.ttl = hours(48);
  EXPECT_EQ(message_of(scene.judged(), "sts-txt-ttl-high"),
            "The TTL of the TXT record at _mta-sts.example.com is at least 172800 seconds (2.0 "
            "days)");
}

TEST(ExtraRules, TheAuthoritativeTtlCountsNotWhatIsLeftInACache) {
  Scene scene;
  scene.evidence.record.ttl = seconds(20);
  AuthorityLook one = look("ns1.example.net", "192.175.48.61", "\"v=STSv1; id=1;\"");
  one.ttl = hours(48);
  set_authorities(scene, {one}, kNever);
  EXPECT_EQ(message_of(scene.judged(), "sts-txt-ttl-high"),
            "The TTL of the TXT record at _mta-sts.example.com is 172800 seconds (2.0 days)");
}

TEST(ExtraRules, AWildcardCountsOnlyWithAnMtaStsRecord) {
  struct Case {
    std::vector<std::string> texts;
    DnsStatus status;
    bool expected;
  };
  const Case cases[] = {
      {{"v=STSv1; id=20261101T000000;"}, DnsStatus::answered, true},
      {{"v=STSv1; id=9;"}, DnsStatus::answered, true},  // the id changed between the two lookups
      {{"v=spf1 -all", "v=STSv1; id=9;"}, DnsStatus::answered, true},
      {{"v=spf1 -all"}, DnsStatus::answered, false},
      {{"v=STSv1; id=9;"}, DnsStatus::timeout, false},
      {{}, DnsStatus::nxdomain, false},
      {{}, DnsStatus::nodata, false},
      {{}, DnsStatus::servfail, false},
  };
  for (const Case& c : cases) {
    Scene scene;
    auto answer = txt_answer("_x1.example.com", c.texts);
    answer.status = c.status;
    scene.evidence.extra.unused_name = std::make_shared<const protocol::DnsAnswer>(answer);
    EXPECT_EQ(summary(scene.judged()), c.expected ? "sts-txt-wildcard:warning " : "")
        << (c.texts.empty() ? "none" : c.texts[0]);
  }
}

TEST(ExtraRules, AWrongNameIsNamedBesideTheMissingRecord) {
  Scene scene;
  record_status(DnsStatus::nodata)(scene);
  scene.evidence.policy.attempts.clear();
  scene.evidence.policy.addresses = addresses_of("mta-sts.example.com", {});
  auto spf = txt_answer("example.com", {"v=spf1 -all"});
  auto doubled = txt_answer("_mta-sts.example.com.example.com", {"v=STSv1; id=1;"});
  auto faulty = txt_answer("mta-sts.example.com", {"v=STSv1; id=-;"});
  set_other_names(scene, {spf, doubled, faulty});
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-txt-missing:warning sts-txt-wrong-location:warning ");
  EXPECT_EQ(message_of(report, "sts-txt-wrong-location"),
            "The record \"v=STSv1; id=1;\" is published at _mta-sts.example.com.example.com "
            "instead of _mta-sts.example.com");
  EXPECT_EQ(find(report, "sts-txt-wrong-location")->verify,
            "dig +noall +answer +comments -q _mta-sts.example.com.example.com TXT");
}

TEST(ExtraRules, ARecordBetweenTheReportsIsAtAWrongName) {
  Scene scene;
  record_status(DnsStatus::nodata)(scene);
  scene.evidence.tlsrpt.texts.push_back("v=STSv1; id=1;");
  EXPECT_NE(find(scene.judged(), "sts-txt-wrong-location"), nullptr);
}

TEST(ExtraRules, OtherNamesDoNotMatterBesideARecord) {
  for (DnsStatus status : {DnsStatus::answered, DnsStatus::timeout, DnsStatus::servfail}) {
    Scene scene;
    if (status != DnsStatus::answered) record_status(status)(scene);
    set_other_names(scene, {txt_answer("mta-sts.example.com", {"v=STSv1; id=1;"})});
    EXPECT_EQ(find(scene.judged(), "sts-txt-wrong-location"), nullptr);
  }
}

struct BreadthCase {
  std::string pattern;
  bool expected;
  std::string domain = "example.com";
  std::string mx = "mx1.example.com";
};

TEST(ExtraRules, APatternIsTooBroadWhereStrangersHaveNames) {
  const BreadthCase cases[] = {
      {"*.com", true},
      {"*.CO.uk", true},
      {"*.github.io", true},
      {"*.github.io", true, "user.github.io", "mx.user.github.io"},
      {"*.github.io", false, "github.io", "mx.github.io"},  // its owner knows who is below
      {"*.ovh.net", true, "example.com", "mx1.ovh.net"},
      {"*.outlook.com", true},
      {"*.google.com", true},
      {"*.google.com", false, "example.com", "smtp.google.com"},
      {"*.example.com", false},
      {"*.example.co.uk", false},
      {"*.mx.example.com", false},
      {"*.example.net", false},
      {"*.user.github.io", false, "user.github.io", "mx.user.github.io"},
      {"mx1.example.com", false},
      // What providers document.
      {"*.mail.protection.outlook.com", false, "example.com",
       "example-com.mail.protection.outlook.com"},
      {"*.j-v1.mx.microsoft", false, "example.com", "example-com.j-v1.mx.microsoft"},
      {"*.mx.microsoft", false},
      {"*.olc.protection.outlook.com", false},
      {"*.aspmx.l.google.com", false},
      {"*.l.google.com", false},
      {"*.googlemail.com", false},
      {"*.gmail-smtp-in.l.google.com", false},
      {"*.messagingengine.com", false},
      {"*.protonmail.ch", false},
      {"*.zoho.com", false},
      {"*.zoho.eu", false},
      {"*.mail.ovh.net", false},
      {"*.mx.cloudflare.net", false},
      {"*.pphosted.com", false},
      {"*.gslb.pphosted.com", false},
      {"*.ppe-hosted.com", false},
      {"*.mimecast.com", false},
      {"*.ess.barracudanetworks.com", false},
      {"*.iphmx.com", false},
      {"*.messagelabs.com", false},
      {"*.improvmx.com", false},
      {"*.mail.icloud.com", false},
      {"*.migadu.com", false},
  };
  for (const BreadthCase& c : cases) {
    Scene scene;
    Evidence other(domain_named(c.domain));
    other.record = scene.evidence.record;
    other.policy = scene.evidence.policy;
    other.channels = scene.evidence.channels;
    other.mx = scene.evidence.mx;
    MxTarget target;
    target.host = c.mx;
    other.mx_targets = {target};
    for (auto& attempt : other.policy.attempts)
      attempt.body =
          policy_text("enforce", "mx: " + c.pattern + "\r\nmx: " + c.mx + "\r\n", "2592000");
    Report report = judge(other, nullptr, Thresholds(), kNow);
    EXPECT_EQ(find(report, "sts-policy-mx-too-broad") != nullptr, c.expected)
        << c.pattern << " of " << c.domain;
  }
}

TEST(ExtraRules, NoCustomaryPatternIsTooBroad) {
  for (const char* host :
       {"a.mail.protection.outlook.com", "a.j-v1.mx.microsoft", "alt1.aspmx.l.google.com",
        "aspmx2.googlemail.com", "mx1.mail.ovh.net", "route1.mx.cloudflare.net",
        "mxa-1.gslb.pphosted.com", "mx0a-1.pphosted.com", "eu-smtp-inbound-1.mimecast.com",
        "d1.ess.barracudanetworks.com", "mx1.iphmx.com", "cluster1.messagelabs.com"}) {
    Scene scene;
    scene.set_mx({host});
    std::string lines;
    for (const std::string& pattern : suggested_patterns({host}))
      lines += "mx: " + pattern + "\r\n";
    scene.set_body(policy_text("enforce", lines, "2592000"));
    EXPECT_EQ(summary(scene.judged()), "") << lines;
  }
}

TEST(ExtraRules, ABroadPatternIsReplacedByTheHostsItCovers) {
  Scene scene;
  scene.set_mx({"mx1.com", "mx2.com"});
  scene.set_body(policy_text("enforce", "mx: *.com\r\n", "2592000"));
  EXPECT_EQ(find(scene.judged(), "sts-policy-mx-too-broad")->fix,
            "Replace the line \"mx: *.com\" by one mx line for each of mx1.com, mx2.com, then "
            "publish a new id.");
}

TEST(ExtraRules, APatternOfTheWrongDepthHasItsOwnFinding) {
  Scene scene;
  scene.set_mx({"aspmx.l.google.com"});
  scene.set_body(policy_text("enforce", "mx: *.google.com\r\n", "2592000"));
  Report report = scene.judged();
  EXPECT_NE(find(report, "sts-policy-wildcard-depth"), nullptr);
  EXPECT_EQ(find(report, "sts-policy-mx-too-broad"), nullptr);
}

// Authoritative servers.

TEST(ExtraRules, ServersThatAgreeOrCannotBeAskedAreNoFinding) {
  std::string same = "\"v=STSv1; id=1;\"";
  Scene scene;
  set_authorities(scene, {look("ns1.example.net", "192.175.48.61", same)}, kNever);
  EXPECT_EQ(summary(scene.judged()), "");
  // Nobody answered for the record: something else sits on port 53.
  set_authorities(scene,
                  {failing_look("ns1.example.net", "192.175.48.61", Kind::lame, "lame"),
                   failing_look("ns2.example.net", "192.175.48.62", Kind::failing, "REFUSED")});
  EXPECT_EQ(summary(scene.judged()), "");
  set_authorities(scene, {look("ns1.example.net", "192.175.48.61", same),
                          failing_look("ns2.example.net", "192.175.48.62", Kind::unobserved, "")});
  EXPECT_EQ(summary(scene.judged()), "");
}

TEST(ExtraRules, TheServerThatDiffersIsNamed) {
  std::string now = "\"v=STSv1; id=2;\"";
  Scene scene;
  set_authorities(scene,
                  {look("ns1.example.net", "192.175.48.61", now),
                   look("ns2.example.net", "192.175.48.62", "\"v=STSv1; id=1;\""),
                   look("ns3.example.net", "192.175.48.63", now),
                   failing_look("ns4.example.net", "192.175.48.64", Kind::failing, "REFUSED")});
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-txt-ns-inconsistent:warning sts-txt-ns-inconsistent:warning ");
  EXPECT_EQ(report.findings[0].subject, "ns2.example.net");
  EXPECT_EQ(report.findings[0].message,
            "ns2.example.net [192.175.48.62] answers \"v=STSv1; id=1;\" (serial 7) for "
            "_mta-sts.example.com, but ns1.example.net, ns3.example.net answers "
            "\"v=STSv1; id=2;\" (serial 7)");
  EXPECT_EQ(report.findings[0].verify,
            "dig @ns2.example.net +norecurse +noall +answer +comments TXT _mta-sts.example.com");
  EXPECT_EQ(report.findings[1].subject, "ns4.example.net");
}

TEST(ExtraRules, AZoneTransferInProgressIsNotReported) {
  auto history = std::make_shared<const History>();
  auto looks = [](std::optional<uint32_t> second) {
    return std::vector<AuthorityLook>{
        look("ns1.example.net", "192.175.48.61", "\"v=STSv1; id=2;\"", 8),
        look("ns2.example.net", "192.175.48.62", "\"v=STSv1; id=1;\"", second)};
  };
  Scene scene;
  for (std::optional<uint32_t> serial : {std::optional<uint32_t>(7), std::optional<uint32_t>()}) {
    set_authorities(scene, looks(serial), kNow - std::chrono::minutes(59));
    EXPECT_EQ(find(scene.judged_at(kNow, history), "sts-txt-ns-inconsistent"), nullptr);
    set_authorities(scene, looks(serial), kNow - hours(1));
    EXPECT_NE(find(scene.judged_at(kNow, history), "sts-txt-ns-inconsistent"), nullptr);
    // A single check has nothing to wait for.
    set_authorities(scene, looks(serial), kNow);
    EXPECT_NE(find(scene.judged(), "sts-txt-ns-inconsistent"), nullptr);
  }
  // One version with two contents is no transfer.
  set_authorities(scene, looks(8), kNow);
  EXPECT_NE(find(scene.judged_at(kNow, history), "sts-txt-ns-inconsistent"), nullptr);
}

}  // namespace
}  // namespace mtasts::verdict
