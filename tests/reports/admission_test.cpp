// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "protocol/tlsrpt/report_date.h"
#include "reports/no_dane_rule.h"

namespace mtasts::reports {
namespace {

using protocol::ReportFailure;
using protocol::ReportPolicy;
using protocol::ReportPolicyType;
using protocol::TlsReport;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::chrono::hours kRetention{90 * 24};

Time at(std::string_view text) { return protocol::read_report_date(text).time.value(); }
const Time kNow = at("2026-11-21T05:00:00Z");

class Names : public OwnNames {
 public:
  bool is_configured(std::string_view domain) const override {
    return configured.contains(std::string(domain));
  }
  std::vector<std::string> domains_of_mx(std::string_view host) const override {
    auto found = mx.find(std::string(host));
    return found == mx.end() ? std::vector<std::string>() : found->second;
  }
  bool knows_mx_hosts() const override { return complete; }
  bool complete = true;
  std::set<std::string> configured = {"example.org", "example.net", "xn--bcher-kva.example"};
  std::map<std::string, std::vector<std::string>> mx = {
      {"mx.example.org", {"example.org"}}, {"mx.shared.example", {"example.net", "example.org"}}};
};

ReportFailure failure_of(uint64_t sessions) {
  ReportFailure failure;
  failure.type = protocol::ResultType::certificate_expired;
  failure.type_text = "certificate-expired";
  failure.receiving_mx_hostname = "MX.Example.ORG.";
  failure.receiving_ip = "2001:DB8:0::1";
  failure.sending_mta_ip = "192.0.2.77";
  failure.sessions = sessions;
  return failure;
}

ReportPolicy policy(std::string domain, ReportPolicyType type = ReportPolicyType::sts,
                    uint64_t successful = 9, uint64_t failed = 1) {
  ReportPolicy made;
  made.type = type;
  made.domain = std::move(domain);
  if (type == ReportPolicyType::sts)
    made.policy_strings = {"version: STSv1", "mode: enforce", "mx: mx.example.org",
                           "max_age: 604800"};
  made.successful = successful;
  made.failed = failed;
  if (failed > 0) made.failures.push_back(failure_of(failed));
  return made;
}

TlsReport report_of(std::vector<ReportPolicy> policies) {
  TlsReport report;
  report.organization = "Sender Ltd";
  report.contact = "tls@sender.example";
  report.report_id = "id-1";
  report.begin = at("2026-11-20T00:00:00Z");
  report.end = at("2026-11-20T23:59:59Z");
  report.policies = std::move(policies);
  return report;
}

Admission admitted(const TlsReport& report, const ReportEnvelope& envelope = {}) {
  return admit(report, envelope, Names(), kRetention, kNow);
}

std::vector<std::string> domains_of(const Admission& admission) {
  std::vector<std::string> domains;
  for (const StoredReport& stored : admission.stored) domains.push_back(stored.domain);
  return domains;
}

TEST(Admission, KeepsWhatIsAboutAConfiguredDomain) {
  Admission admission = admitted(report_of({policy("Example.ORG.")}));
  EXPECT_THAT(admission.rejections, IsEmpty());
  ASSERT_EQ(admission.stored.size(), 1u);
  const StoredReport& stored = admission.stored[0];
  EXPECT_EQ(stored.domain, "example.org");
  EXPECT_EQ(stored.organization, "Sender Ltd");
  EXPECT_EQ(stored.submitter, "sender.example");
  EXPECT_EQ(date_text(Time(stored.day)), "2026-11-20");
  EXPECT_EQ(stored.received, kNow);
  EXPECT_EQ(stored.qualities, 0u);
  EXPECT_EQ(stored.authenticity, Authenticity::unknown);
  ASSERT_EQ(stored.policies.size(), 1u);
  EXPECT_EQ(stored.policies[0].policy, "mode=enforce max_age=604800 mx=mx.example.org");
  ASSERT_EQ(stored.failures.size(), 1u);
  EXPECT_EQ(stored.failures[0].receiving_mx, "mx.example.org");
  EXPECT_EQ(stored.failures[0].receiving_ip, "2001:db8::1");
  EXPECT_EQ(stored.failures[0].sending_network, "192.0.2.0/24");
  EXPECT_EQ(stored.failures[0].type_text, "");
}

TEST(Admission, TellsTheDomainFromTheRestOfTheReport) {
  constexpr auto kNone = ReportPolicyType::no_policy_found;
  ReportEnvelope to_org;
  to_org.report_domain = "example.org";
  ReportEnvelope subject;
  subject.subject_domain = "Example.org.";
  ReportEnvelope file;
  file.file_name = "s.example!example.net!1795132800!1795219199!1.json.gz";
  ReportEnvelope to_host;
  to_host.report_domain = "mx.example.org";
  ReportPolicy with_mx = policy("", kNone);
  with_mx.mx_hosts = {"mx.example.org"};
  TlsReport google = report_of({policy("", kNone)});
  google.report_id = "2026-11-20T00:00:00Z_example.net";
  TlsReport microsoft = google;
  microsoft.report_id = "133526718584528772+example.org";
  TlsReport mox = google;
  mox.report_id = "20261120.example.org@sender.example";

  const std::string org = "example.org";
  const std::string net = "example.net";
  struct {
    TlsReport report;
    ReportEnvelope envelope;
    std::vector<std::string> domains;
    const char* why;
  } cases[] = {
      {report_of({policy("B\xC3\xBC"
                         "cher.example")}),
       {},
       {"xn--bcher-kva.example"},
       "U-label"},
      {report_of({policy("mx.example.org", ReportPolicyType::tlsa)}), {}, {org}, "an MX host"},
      {report_of({policy("mx.shared.example", ReportPolicyType::tlsa)}),
       {},
       {net, org},
       "a shared host alone"},
      {report_of({policy("mx.shared.example", ReportPolicyType::tlsa)}),
       to_org,
       {org},
       "a shared host, told by the header"},
      {report_of({policy("mx.shared.example", ReportPolicyType::tlsa), policy("example.net")}),
       to_org,
       {net},
       "other policies before the header"},
      {report_of({policy("", kNone), policy("example.net")}), to_org, {net}, "missing, another"},
      {report_of({policy("", kNone)}), to_org, {org}, "missing, header"},
      {report_of({policy("", kNone)}), subject, {org}, "missing, Subject"},
      {report_of({with_mx}), {}, {org}, "missing, mx-host"},
      {report_of({with_mx}), file, {org}, "mx-host before the file name"},
      {report_of({policy("", kNone)}), file, {net}, "missing, file name"},
      {google, {}, {net}, "missing, id"},
      {microsoft, {}, {org}, "missing, id"},
      {mox, {}, {org}, "missing, id"},
      {report_of({policy("customer.example")}), to_host, {org}, "sent for an MX host of ours"},
      {report_of({policy("customer.example")}), to_org, {}, "foreign, sent for our domain"},
      {report_of({policy("", kNone)}), {}, {}, "nothing tells"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(domains_of(admitted(one.report, one.envelope)), one.domains) << one.why;
}

TEST(Admission, DropsForeignDomainsAndCountsThem) {
  std::vector<ReportPolicy> policies = {policy("example.org")};
  for (int i = 0; i < 50; ++i) policies.push_back(policy("d" + std::to_string(i) + ".example"));
  Admission admission = admitted(report_of(policies));
  EXPECT_THAT(domains_of(admission), ElementsAre("example.org"));
  EXPECT_THAT(admission.rejections, ElementsAre(Rejection::foreign_domain));
  EXPECT_EQ(admission.foreign.size(), 10u);
  EXPECT_TRUE(has(admission.stored[0].qualities, Quality::foreign_domain));
  EXPECT_EQ(admission.stored[0].policies.size(), 1u);
}

TEST(Admission, NoDaneBesideAnStsEntryCountsNowhere) {
  constexpr auto kNone = ReportPolicyType::no_policy_found;
  Admission admission =
      admitted(report_of({policy("example.org"), policy("mx.example.org", kNone)}));
  ASSERT_EQ(admission.stored.size(), 1u);
  ASSERT_EQ(admission.stored[0].policies.size(), 2u);
  EXPECT_FALSE(admission.stored[0].policies[0].about_mx_host);
  EXPECT_TRUE(admission.stored[0].policies[1].about_mx_host);
  ASSERT_EQ(admission.stored[0].failures.size(), 1u);
  EXPECT_EQ(admission.stored[0].failures[0].policy_type, ReportPolicyType::sts);
  // About the domain, or without an sts entry, it counts.
  for (auto& policies : {std::vector{policy("example.org"), policy("example.org", kNone)},
                         std::vector{policy("mx.example.org", kNone)}}) {
    admission = admitted(report_of(policies));
    EXPECT_FALSE(admission.stored[0].policies.back().about_mx_host);
    EXPECT_EQ(admission.stored[0].failures.size(), policies.size());
  }
}

// In a report that went to the record of our MX host, about somebody else's domains: sessions with
// the host, and no MX host of ours is meant.
TEST(Admission, NoPolicyOfSomebodyElseBesideAnStsEntryCounts) {
  ReportEnvelope to_host;
  to_host.report_domain = "mx.example.org";
  Admission admission =
      admitted(report_of({policy("other.example"),
                          policy("third.example", ReportPolicyType::no_policy_found)}),
               to_host);
  ASSERT_EQ(admission.stored.size(), 1u);
  ASSERT_EQ(admission.stored[0].policies.size(), 2u);
  EXPECT_FALSE(admission.stored[0].policies[1].about_mx_host);
}

TEST(NoDaneRule, AppliesToMxHostsBesideAnStsEntry) {
  auto entry = [](ReportPolicyType type, uint64_t successful, uint64_t failed) {
    ReportPolicy made;
    made.type = type;
    made.successful = successful;
    made.failed = failed;
    return made;
  };
  const ReportPolicy none = entry(ReportPolicyType::no_policy_found, 5, 1);
  NoDaneRule rule("example.org");
  rule.add(none);
  rule.add(entry(ReportPolicyType::tlsa, 5, 1));
  EXPECT_FALSE(rule.applies_to(none, "mx.example.org", true)) << "no sts entry";
  rule.add(entry(ReportPolicyType::sts, 9, 1));
  EXPECT_TRUE(rule.applies_to(none, "mx.example.org", true)) << "one of several hosts";
  EXPECT_FALSE(rule.applies_to(none, "mx.example.org", false)) << "no MX host";
  EXPECT_FALSE(rule.applies_to(none, "", true));
  EXPECT_FALSE(rule.applies_to(none, "example.org", true)) << "about the domain: other sessions";
  EXPECT_FALSE(rule.applies_to(entry(ReportPolicyType::tlsa, 9, 1), "mx.example.org", true));
  rule.add(entry(ReportPolicyType::sts, 5, 1));
  EXPECT_TRUE(rule.applies_to(none, "example.org", true)) << "its own MX host, the same sessions";
  EXPECT_FALSE(rule.applies_to(none, "example.org", false));
}

TEST(Admission, IsUncertainAboutOtherNamesWhileMxHostsAreNotKnown) {
  Names names;
  auto is_uncertain = [&](std::vector<ReportPolicy> policies) {
    return admit(report_of(std::move(policies)), {}, names, kRetention, kNow).is_uncertain;
  };
  EXPECT_FALSE(is_uncertain({policy("foreign.example")}));
  names.complete = false;
  EXPECT_TRUE(is_uncertain({policy("foreign.example")}));
  EXPECT_TRUE(is_uncertain({policy("example.org"), policy("mx2.example.org")}));
  EXPECT_TRUE(is_uncertain({policy("mx.shared.example")})) << "perhaps also of another domain";
  EXPECT_TRUE(is_uncertain({policy("")}));
  EXPECT_FALSE(is_uncertain({policy("Example.ORG."), policy("example.net")}));
}

TEST(Admission, DayIsThatInWhichTheRangeBegins) {
  ReportEnvelope file;
  file.file_name = "s.example!example.org!1795132800!1795219199!1.json.gz";  // 2026-11-20
  struct {
    const char* begin;
    const char* end;
    ReportEnvelope envelope;
    const char* day;  // empty: out of range
  } cases[] = {
      {"2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z", {}, "2026-11-20"},
      {"2026-11-19T22:00:00Z", "2026-11-20T22:00:00Z", {}, "2026-11-19"},
      {"", "2026-11-20T23:59:59Z", {}, "2026-11-20"},
      {"", "2026-11-20T00:00:00Z", {}, "2026-11-19"},
      {"2026-11-18T00:00:00Z", "", {}, "2026-11-18"},
      {"", "", file, "2026-11-20"},
      {"", "", {}, ""},
      {"2026-11-22T00:00:00Z", "2026-11-22T23:59:59Z", {}, ""},
      {"2026-08-20T00:00:00Z", "2026-08-20T23:59:59Z", {}, ""},
      {"2026-08-23T00:00:00Z", "2026-08-23T23:59:59Z", {}, "2026-08-23"},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(std::string(one.begin) + " " + one.end);
    TlsReport report = report_of({policy("example.org")});
    report.begin = protocol::read_report_date(one.begin).time;
    report.end = protocol::read_report_date(one.end).time;
    Admission admission = admitted(report, one.envelope);
    if (*one.day == '\0') {
      EXPECT_THAT(admission.stored, IsEmpty());
      EXPECT_THAT(admission.rejections, ElementsAre(Rejection::out_of_range));
      continue;
    }
    ASSERT_EQ(admission.stored.size(), 1u);
    EXPECT_EQ(date_text(Time(admission.stored[0].day)), one.day);
    EXPECT_LE(admission.stored[0].end, kNow);
  }
}

TEST(Admission, SameReportHasTheSameKey) {
  ReportPolicy first = policy("example.org");
  ReportPolicy second = policy("example.org", ReportPolicyType::tlsa, 5, 0);
  auto stored = [](const TlsReport& report, const ReportEnvelope& envelope = {}) {
    return admitted(report, envelope).stored.at(0);
  };
  const StoredReport original = stored(report_of({first, second}));
  EXPECT_EQ(original.key.size(), 64u);
  EXPECT_EQ(original.identity.size(), 64u);

  ReportEnvelope mail;
  mail.is_mail = true;
  mail.report_submitter = "sender.example";
  EXPECT_EQ(stored(report_of({second, first}), mail).key, original.key) << "order, another way in";

  ReportPolicy more = first;
  more.successful += 1;
  StoredReport changed = stored(report_of({more, second}));
  EXPECT_EQ(changed.identity, original.identity) << "same id";
  EXPECT_NE(changed.key, original.key) << "other contents";

  TlsReport other = report_of({first, second});
  other.contact = "tls@other.example";
  EXPECT_NE(stored(other).identity, original.identity) << "equal ids at every sender";
  other = report_of({first, second});
  other.report_id = "id-2";
  EXPECT_NE(stored(other).identity, original.identity);

  TlsReport nameless = report_of({first, second});
  nameless.contact = "";
  EXPECT_EQ(stored(nameless, mail).key, stored(nameless).key) << "by mail and by POST";

  TlsReport bare = report_of({first, second});
  bare.contact = bare.organization = "";
  ReportEnvelope elsewhere = mail;
  elsewhere.report_submitter = "other.example";
  EXPECT_NE(stored(bare, mail).identity, stored(bare, elsewhere).identity) << "by the submitter";
  EXPECT_EQ(stored(bare, mail).organization, "sender.example");
  EXPECT_EQ(stored(bare).organization, "(unnamed)");
}

TEST(Admission, AuthenticOnlyWhenTheSubmitterSigned) {
  struct {
    Authenticity by_mail;
    const char* signer;
    Authenticity kept;
    bool mismatch;
  } cases[] = {
      {Authenticity::authenticated, "sender.example", Authenticity::authenticated, false},
      {Authenticity::authenticated, "mail.sender.example", Authenticity::authenticated, false},
      {Authenticity::authenticated, "evil.test", Authenticity::failed, true},
      {Authenticity::authenticated, "", Authenticity::unknown, false},
      {Authenticity::unknown, "", Authenticity::unknown, false},
      {Authenticity::failed, "", Authenticity::failed, false},
  };
  for (const auto& one : cases) {
    ReportEnvelope envelope;
    envelope.is_mail = true;
    envelope.authenticity = one.by_mail;
    envelope.signing_domain = one.signer;
    StoredReport stored = admitted(report_of({policy("example.org")}), envelope).stored.at(0);
    EXPECT_EQ(stored.authenticity, one.kept) << one.signer;
    EXPECT_EQ(has(stored.qualities, Quality::submitter_mismatch), one.mismatch) << one.signer;
    EXPECT_EQ(has(stored.qualities, Quality::dkim_missing), one.by_mail == Authenticity::failed);
  }
  // What the subject names is not what was compared with the signature.
  ReportEnvelope unnamed;
  unnamed.is_mail = true;
  unnamed.authenticity = Authenticity::authenticated;
  unnamed.signing_domain = unnamed.from_domain = "evil.test";
  unnamed.subject_submitter = "google.com";
  protocol::TlsReport anonymous = report_of({policy("example.org")});
  anonymous.contact = "";
  EXPECT_EQ(admitted(anonymous, unnamed).stored.at(0).authenticity, Authenticity::authenticated);
  EXPECT_EQ(admitted(anonymous, unnamed).stored.at(0).submitter, "evil.test");
  unnamed.authenticity = Authenticity::unknown;
  EXPECT_EQ(admitted(anonymous, unnamed).stored.at(0).submitter, "google.com");
  ReportEnvelope envelope;
  envelope.report_submitter = "elsewhere.test";
  StoredReport stored = admitted(report_of({policy("example.org")}), envelope).stored.at(0);
  EXPECT_TRUE(has(stored.qualities, Quality::submitter_mismatch));
}

TEST(Admission, CutsTextsBetweenCharacters) {
  TlsReport report = report_of({policy("example.org")});
  report.organization = std::string(254, 'o') + "\u00E9";
  Admission admission = admitted(report);
  ASSERT_EQ(admission.stored.size(), 1u);
  EXPECT_EQ(admission.stored[0].organization, std::string(254, 'o'));
}

TEST(Admission, DeviationsBecomeQualities) {
  using Kind = protocol::DeviationKind;
  struct {
    Kind kind;
    Quality quality;
  } cases[] = {{Kind::date, Quality::date_invalid},
               {Kind::count, Quality::counts_inconsistent},
               {Kind::result_type, Quality::unknown_type},
               {Kind::limit, Quality::oversize}};
  for (const auto& one : cases) {
    TlsReport report = report_of({policy("example.org")});
    report.deviations.push_back({one.kind, "x", "x is wrong"});
    EXPECT_EQ(admitted(report).stored.at(0).qualities, bit(one.quality));
  }
  TlsReport report = report_of({policy("example.org")});
  report.deviations.push_back({Kind::missing, "contact-info", "contact-info is null"});
  report.rows_dropped = 1;
  Admission admission = admitted(report);
  EXPECT_EQ(admission.stored.at(0).qualities, 0u);
  EXPECT_THAT(admission.rejections, ElementsAre(Rejection::malformed));
}

TEST(Admission, HostileReportsStayBounded) {
  TlsReport report = report_of({});
  report.organization = std::string(1000, 'o');
  for (int i = 0; i < 5000; ++i) {
    ReportPolicy one = policy("example.org", ReportPolicyType::sts, protocol::kMostSessions, 0);
    one.policy_strings[3] = "max_age: " + std::to_string(i);
    one.failed = protocol::kMostSessions;
    ReportFailure failure = failure_of(protocol::kMostSessions);
    const std::string host = "mx" + std::to_string(i) + ".example.org";
    failure.receiving_mx_hostname = host;
    one.failures.push_back(failure);
    report.policies.push_back(std::move(one));
  }
  StoredReport stored = admitted(report).stored.at(0);
  EXPECT_LE(stored.organization.size(), 255u);
  EXPECT_LE(stored.policies.size(), 1001u);
  EXPECT_LE(stored.failures.size(), 2001u);
  EXPECT_TRUE(has(stored.qualities, Quality::oversize));
  for (const PolicyRow& row : stored.policies) EXPECT_LE(row.failed, protocol::kMostSessions);
  for (const FailureRow& row : stored.failures) EXPECT_LE(row.sessions, protocol::kMostSessions);
}

TEST(Admission, EqualFailuresAreAddedUp) {
  ReportPolicy one = policy("example.org", ReportPolicyType::sts, 1, 10);
  ReportFailure same_network = failure_of(10);
  same_network.sending_mta_ip = "192.0.2.200";
  same_network.failure_reason_code = "late";
  ReportFailure other_network = failure_of(10);
  other_network.sending_mta_ip = "2001:db8:1:2::3";
  for (const ReportFailure& failure : {same_network, other_network, failure_of(0)})
    one.failures.push_back(failure);
  StoredReport stored = admitted(report_of({one})).stored.at(0);
  ASSERT_EQ(stored.failures.size(), 2u);
  EXPECT_EQ(stored.failures[0].sessions, 20u);
  EXPECT_EQ(stored.failures[0].reason, "late");
  EXPECT_EQ(stored.failures[1].sending_network, "2001:db8:1::/48");
}

}  // namespace
}  // namespace mtasts::reports
