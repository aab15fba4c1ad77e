// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Every row of the findings table, broken on purpose one at a time: the finding appears with its
// severity; it is unknown when its channel is dead; it is silent where it does not apply.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::DnsStatus;
using protocol::HttpsStatus;
using protocol::RecordType;
using protocol::SmtpStatus;
using protocol::SmtpStep;

struct BrokenCase {
  std::string code;
  std::function<void(Scene&)> make_broken;
};

std::function<void(Scene&)> record(std::vector<std::string> texts) {
  return [texts](Scene& s) { s.evidence.record.texts = texts; };
}
std::function<void(Scene&)> record_status(DnsStatus status) {
  return [status](Scene& s) {
    s.evidence.record = dns_answer("_mta-sts.example.com", RecordType::txt, status);
  };
}
std::function<void(Scene&)> tlsrpt(std::vector<std::string> texts) {
  return [texts](Scene& s) { s.evidence.tlsrpt.texts = texts; };
}
std::function<void(Scene&)> body(std::string text) {
  return [text](Scene& s) { s.set_body(text); };
}
std::function<void(Scene&)> host_status(DnsStatus status) {
  return [status](Scene& s) {
    for (auto& answer : s.evidence.policy.addresses.answers) {
      answer.status = status;
      answer.addresses.clear();
    }
    s.evidence.policy.attempts.clear();
  };
}
std::function<void(Scene&)> fetch(HttpsStatus status) {
  return [status](Scene& s) {
    s.for_each_fetch([&](auto& attempt) {
      attempt.status = status;
      attempt.http_status = 0;
      attempt.body.clear();
      attempt.chain = nullptr;
    });
  };
}
std::function<void(Scene&)> policy_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](Scene& s) { s.break_policy_chain(change); };
}
std::function<void(Scene&)> mx_chain(std::function<void(protocol::PeerChain&)> change) {
  return [change](Scene& s) { s.break_mx_chain(change); };
}
std::function<void(Scene&)> fault(bool mx, ChainFault which) {
  auto change = [which](protocol::PeerChain& chain) {
    chain.faults = {which};
    chain.verify_error = "certificate problem";
    if (which == ChainFault::expired) chain.leaf.not_after = chain.chain_not_after = in_days(-2);
  };
  return mx ? mx_chain(change) : policy_chain(change);
}
std::function<void(Scene&)> smtp(SmtpStatus status, SmtpStep step, int code = 0,
                                 std::string text = {}) {
  return [=](Scene& s) {
    for (auto& attempt : s.hosts[0].attempts) {
      attempt.status = status;
      attempt.step = step;
      attempt.reply_code = code;
      attempt.reply_text = text;
      attempt.chain = nullptr;
      attempt.starttls_offered.reset();
    }
  };
}
std::function<void(Scene&)> mx_status(DnsStatus status) {
  return [status](Scene& s) {
    s.evidence.mx = dns_answer("example.com", RecordType::mx, status);
    s.evidence.apex = addresses_of("example.com", {}).answers;
    s.hosts.clear();
  };
}
std::function<void(Scene&)> mx_host_status(DnsStatus status) {
  return [status](Scene& s) {
    for (auto& answer : s.hosts[0].addresses.answers) {
      answer.status = status;
      answer.addresses.clear();
    }
    s.hosts[0].attempts.clear();
  };
}
std::string policy_text(std::string_view mode, std::string_view mx, std::string_view max_age) {
  return "version: STSv1\r\nmode: " + std::string(mode) + "\r\n" + std::string(mx) +
         "max_age: " + std::string(max_age) + "\r\n";
}
constexpr std::string_view kMx = "mx: mx1.example.com\r\nmx: mx2.example.com\r\n";

std::vector<BrokenCase> record_cases() {
  return {
      {"sts-txt-missing", record_status(DnsStatus::nodata)},
      {"sts-txt-nxdomain", record_status(DnsStatus::nxdomain)},
      {"sts-txt-servfail", record_status(DnsStatus::servfail)},
      {"sts-txt-timeout", record_status(DnsStatus::timeout)},
      {"sts-txt-multiple", record({"v=STSv1; id=1;", "v=STSv1; id=2;"})},
      {"sts-txt-version-invalid", record({"v=STS1; id=1;"})},
      {"sts-txt-version-case", record({"v=stsv1; id=1;"})},
      {"sts-txt-id-missing", record({"v=STSv1;"})},
      {"sts-txt-id-invalid", record({"v=STSv1; id=2026-01;"})},
      {"sts-txt-id-too-long", record({"v=STSv1; id=" + std::string(33, 'a') + ";"})},
      {"sts-txt-syntax", record({"v=STSv1; id=1;;;"})},
      {"sts-txt-space-before-semicolon", record({"v=STSv1 ; id=1;"})},
      {"sts-txt-trailing-space", record({"v=STSv1; id=1  "})},
      {"sts-txt-duplicate-field", record({"v=STSv1; id=1; id=2;"})},
      {"sts-txt-unknown-field", record({"v=STSv1; id=1; more=x;"})},
      {"sts-txt-unrelated-records", record({"v=STSv1; id=1;", "v=spf1 -all"})},
      {"sts-txt-cname-dangling",
       [](Scene& s) {
         record_status(DnsStatus::nxdomain)(s);
         s.evidence.record.cname_chain = {"gone.provider.example"};
       }},
      {"sts-txt-cname-loop",
       [](Scene& s) {
         record_status(DnsStatus::servfail)(s);
         s.evidence.record.cname_chain = {"a.example", "_mta-sts.example.com"};
         s.evidence.record.cname_loop = true;
       }},
      {"sts-policy-without-record", record_status(DnsStatus::nodata)},
      {"sts-record-without-policy", host_status(DnsStatus::nxdomain)},
  };
}

std::vector<BrokenCase> fetch_cases() {
  return {
      {"sts-host-nxdomain", host_status(DnsStatus::nxdomain)},
      {"sts-host-no-address", host_status(DnsStatus::nodata)},
      {"sts-host-servfail", host_status(DnsStatus::servfail)},
      {"sts-host-dns-timeout", host_status(DnsStatus::timeout)},
      {"sts-host-placeholder-address", fetch(HttpsStatus::not_allowed)},
      {"sts-host-connect-refused", fetch(HttpsStatus::refused)},
      {"sts-host-timeout", fetch(HttpsStatus::connect_timeout)},
      {"sts-host-ipv6-fail",
       [](Scene& s) {
         s.fetch(1).status = HttpsStatus::refused;
         s.fetch(1).chain = nullptr;
       }},
      {"sts-host-ipv4-fail",
       [](Scene& s) {
         s.fetch(0).status = HttpsStatus::refused;
         s.fetch(0).chain = nullptr;
       }},
      {"sts-tls-handshake-failed", fetch(HttpsStatus::tls_failed)},
      {"sts-http-redirect",
       [](Scene& s) {
         s.for_each_fetch([](auto& a) {
           a.http_status = 301;
           a.location = "https://www.example.com/";
         });
       }},
      {"sts-http-status", [](Scene& s) { s.for_each_fetch([](auto& a) { a.http_status = 404; }); }},
      {"sts-http-timeout", fetch(HttpsStatus::response_timeout)},
      {"sts-http-slow", [](Scene& s) { s.fetch().total_time = std::chrono::seconds(6); }},
      {"sts-http-too-large", fetch(HttpsStatus::too_large)},
      {"sts-http-content-type-wrong",
       [](Scene& s) { s.for_each_fetch([](auto& a) { a.content_type = "text/html"; }); }},
      {"sts-http-content-type-missing",
       [](Scene& s) { s.for_each_fetch([](auto& a) { a.content_type.reset(); }); }},
      {"sts-http-malformed", fetch(HttpsStatus::malformed)},
      {"sts-http-truncated", fetch(HttpsStatus::truncated)},
      {"sts-tls-version-old", fetch(HttpsStatus::tls_version_old)},
      {"sts-tls-expired", fault(false, ChainFault::expired)},
      {"sts-tls-not-yet-valid", fault(false, ChainFault::not_yet_valid)},
      {"sts-tls-untrusted", fault(false, ChainFault::untrusted)},
      {"sts-tls-self-signed", fault(false, ChainFault::self_signed)},
      {"sts-tls-incomplete-chain", fault(false, ChainFault::incomplete)},
      {"sts-tls-host-mismatch", policy_chain([](auto& chain) {
         chain.leaf.dns_names = {"example.com"};
         chain.name_matches = false;
       })},
      {"sts-tls-cn-only", policy_chain([](auto& chain) {
         chain.leaf.dns_names.clear();
         chain.name_matches = false;
         chain.name_only_in_cn = true;
       })},
      {"sts-tls-expiring", policy_chain([](auto& chain) {
         chain.leaf.not_after = chain.chain_not_after = in_days(12);
       })},
      {"sts-tls-weak-key", policy_chain([](auto& chain) { chain.weak_key = "RSA 1024 bits"; })},
      {"sts-tls-weak-signature",
       policy_chain([](auto& chain) { chain.weak_signature = "sha1WithRSAEncryption"; })},
  };
}

std::vector<BrokenCase> syntax_cases() {
  return {
      {"sts-policy-html", body("<!DOCTYPE html><html></html>")},
      {"sts-policy-empty", body("")},
      {"sts-policy-bom", body("\xEF\xBB\xBF" + policy_text("enforce", kMx, "2592000"))},
      {"sts-policy-syntax", body("version: STSv1\r\nnonsense\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-leading-space", body(" " + policy_text("enforce", kMx, "2592000"))},
      {"sts-policy-space-before-colon",
       body("version : STSv1\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-key-case", body("Version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-blank-line", body("version: STSv1\r\n\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-version-missing", body("mode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-version-invalid", body("version: STSv2\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-mode-missing", body("version: STSv1\r\nmax_age: 86400\r\n")},
      {"sts-policy-mode-invalid", body("version: STSv1\r\nmode: on\r\nmax_age: 86400\r\n")},
      {"sts-policy-max-age-missing", body("version: STSv1\r\nmode: none\r\n")},
      {"sts-policy-max-age-invalid", body(policy_text("enforce", kMx, "soon"))},
      {"sts-policy-max-age-over-limit", body(policy_text("enforce", kMx, "31557601"))},
      {"sts-policy-mx-missing", body(policy_text("enforce", "", "2592000"))},
      {"sts-policy-mx-invalid", body(policy_text("enforce", "mx: a_b.example.com\r\n", "2592000"))},
      {"sts-policy-wildcard-depth",
       [](Scene& s) {
         s.set_mx({"aspmx.l.google.com"});
         s.set_body(policy_text("enforce", "mx: *.google.com\r\n", "2592000"));
       }},
      {"sts-mode-weaker-than-expected",
       [](Scene& s) {
         s.thresholds.expected_mode = protocol::Mode::enforce;
         s.set_body(policy_text("testing", kMx, "604800"));
       }},
      {"sts-policy-max-age-zero", body(policy_text("enforce", kMx, "0"))},
      {"sts-policy-max-age-too-short", body(policy_text("enforce", kMx, "3600"))},
      {"sts-policy-max-age-short", body(policy_text("enforce", kMx, "604800"))},
      {"sts-policy-max-age-too-long", body(policy_text("testing", kMx, "2592000"))},
      {"sts-mode-testing", body(policy_text("testing", kMx, "604800"))},
      {"sts-mode-none", body(policy_text("none", "", "86400"))},
      {"sts-policy-version-not-first", body("mode: none\r\nversion: STSv1\r\nmax_age: 86400\r\n")},
      {"sts-policy-no-final-eol", body("version: STSv1\r\nmode: none\r\nmax_age: 86400")},
      {"sts-policy-bare-lf", body("version: STSv1\nmode: none\nmax_age: 86400\n")},
      {"sts-policy-duplicate-field",
       body("version: STSv1\r\nmode: none\r\nmode: none\r\nmax_age: 86400\r\n")},
      {"sts-policy-unknown-field",
       body("version: STSv1\r\nmode: none\r\nmax_age: 86400\r\nmore: x\r\n")},
      {"sts-policy-mx-duplicate",
       body(policy_text("enforce", std::string(kMx) + "mx: mx1.example.com\r\n", "2592000"))},
      {"sts-policy-mx-unused",
       body(policy_text("enforce", std::string(kMx) + "mx: mx9.example.com\r\n", "2592000"))},
  };
}

std::vector<BrokenCase> mx_cases() {
  return {
      {"mx-servfail", mx_status(DnsStatus::servfail)},
      {"mx-timeout", mx_status(DnsStatus::timeout)},
      {"mx-nxdomain", mx_status(DnsStatus::nxdomain)},
      {"mx-none", mx_status(DnsStatus::nodata)},
      {"mx-not-covered", [](Scene& s) { s.set_mx({"mail.other.example"}); }},
      {"mx-partial-coverage",
       [](Scene& s) {
         s.set_mx({"mx1.example.com", "mx3.example.com"});
       }},
      {"mx-host-servfail", mx_host_status(DnsStatus::servfail)},
      {"mx-host-timeout", mx_host_status(DnsStatus::timeout)},
      {"mx-no-address", mx_host_status(DnsStatus::nxdomain)},
      {"mx-ip-literal", [](Scene& s) { s.set_mx({"192.88.99.1"}); }},
      {"mx-null-with-others",
       [](Scene& s) {
         s.evidence.mx.mx.push_back({0, ""});
       }},
      {"mx-reserved-address",
       [](Scene& s) {
         s.hosts[0] = good_host("mx1.example.com", {"10.0.0.1"});
         s.probe().status = SmtpStatus::not_allowed;
         s.probe().chain = nullptr;
       }},
      {"mx-cname",
       [](Scene& s) { s.hosts[0].addresses.answers[0].cname_chain = {"real.example.com"}; }},
      {"mx-underscore", [](Scene& s) { s.set_mx({"mx_1.example.com"}); }},
      {"mx-missing-implicit",
       [](Scene& s) {
         mx_status(DnsStatus::nodata)(s);
         s.evidence.implicit_mx = true;
         MxTarget target;
         target.host = "example.com";
         target.evidence =
             std::make_shared<const MxHostEvidence>(good_host("example.com", {"192.88.99.1"}));
         s.evidence.mx_targets = {target};
       }},
      {"mx-null",
       [](Scene& s) {
         s.evidence.mx.mx = {{0, ""}};
       }},
      {"mx-trailing-duplicate",
       [](Scene& s) {
         s.evidence.mx.mx.push_back({30, "mx1.example.com"});
       }},
  };
}

std::vector<BrokenCase> smtp_cases() {
  return {
      {"smtp-starttls-missing", smtp(SmtpStatus::starttls_missing, SmtpStep::ehlo, 250)},
      {"smtp-starttls-stripped", smtp(SmtpStatus::starttls_stripped, SmtpStep::ehlo, 250)},
      {"smtp-starttls-refused", smtp(SmtpStatus::starttls_rejected, SmtpStep::starttls, 454)},
      {"smtp-ehlo-failed", smtp(SmtpStatus::ehlo_rejected, SmtpStep::ehlo, 502)},
      {"smtp-tls-handshake-failed", smtp(SmtpStatus::tls_failed, SmtpStep::handshake, 220)},
      {"smtp-tls-closed", smtp(SmtpStatus::tls_closed, SmtpStep::handshake, 220)},
      {"smtp-tls-old-only", smtp(SmtpStatus::tls_version_old, SmtpStep::handshake, 220)},
      {"smtp-tls-timeout", smtp(SmtpStatus::tls_timeout, SmtpStep::handshake, 220)},
      {"smtp-starttls-response-injection", [](Scene& s) { s.probe().injected_bytes = 12; }},
      {"smtp-connect-refused", smtp(SmtpStatus::refused, SmtpStep::connect)},
      {"smtp-connect-timeout", smtp(SmtpStatus::connect_timeout, SmtpStep::connect)},
      {"smtp-unreachable", smtp(SmtpStatus::unreachable, SmtpStep::connect)},
      {"smtp-timeout", smtp(SmtpStatus::timeout, SmtpStep::banner)},
      {"smtp-protocol-error", smtp(SmtpStatus::protocol_error, SmtpStep::banner)},
      {"smtp-ipv6-fail",
       [](Scene& s) {
         s.probe(0, 1).status = SmtpStatus::refused;
         s.probe(0, 1).reply_code = 0;
         s.probe(0, 1).chain = nullptr;
       }},
      {"smtp-ipv4-fail",
       [](Scene& s) {
         s.probe(0, 0).status = SmtpStatus::refused;
         s.probe(0, 0).reply_code = 0;
         s.probe(0, 0).chain = nullptr;
       }},
      {"probe-port25-egress-blocked",
       [](Scene& s) {
         smtp(SmtpStatus::connect_timeout, SmtpStep::connect)(s);
         s.hosts[0].sight = Sight::none();
       }},
      {"smtp-banner-4xx", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 421, "busy")},
      {"smtp-banner-5xx", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 554, "no")},
      {"smtp-greylisted", smtp(SmtpStatus::banner_rejected, SmtpStep::banner, 450, "Greylisted")},
      {"smtp-banner-slow", [](Scene& s) { s.probe().banner_time = std::chrono::seconds(7); }},
      {"cert-expired", fault(true, ChainFault::expired)},
      {"cert-not-yet-valid", fault(true, ChainFault::not_yet_valid)},
      {"cert-untrusted", fault(true, ChainFault::untrusted)},
      {"cert-self-signed", fault(true, ChainFault::self_signed)},
      {"cert-incomplete-chain", fault(true, ChainFault::incomplete)},
      {"cert-host-mismatch", mx_chain([](auto& chain) {
         chain.leaf.dns_names = {"example.com"};
         chain.name_matches = false;
       })},
      {"cert-cn-only", mx_chain([](auto& chain) {
         chain.leaf.dns_names.clear();
         chain.name_matches = false;
         chain.name_only_in_cn = true;
       })},
      {"cert-expiring",
       mx_chain([](auto& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(12); })},
      {"cert-weak-key", mx_chain([](auto& chain) { chain.weak_key = "RSA 1024 bits"; })},
      {"cert-weak-signature",
       mx_chain([](auto& chain) { chain.weak_signature = "sha1WithRSAEncryption"; })},
      {"cert-differs-by-ip",
       [](Scene& s) {
         auto chain = *s.probe(0, 1).chain;
         chain.leaf.fingerprint_sha256 = "other";
         chain.leaf.not_after = chain.chain_not_after = in_days(-1);
         chain.faults = {ChainFault::expired};
         s.probe(0, 1).chain = share(chain);
       }},
  };
}

std::vector<BrokenCase> tlsrpt_cases() {
  auto status = [](DnsStatus wanted) {
    return [wanted](Scene& s) {
      s.evidence.tlsrpt = dns_answer("_smtp._tls.example.com", RecordType::txt, wanted);
    };
  };
  return {
      {"tlsrpt-missing", status(DnsStatus::nxdomain)},
      {"tlsrpt-servfail", status(DnsStatus::servfail)},
      {"tlsrpt-timeout", status(DnsStatus::timeout)},
      {"tlsrpt-multiple",
       tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example", "v=TLSRPTv1; rua=mailto:c@b.example"})},
      {"tlsrpt-version-invalid", tlsrpt({"v=TLSRPTv2; rua=mailto:a@b.example"})},
      {"tlsrpt-syntax", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example; x=="})},
      {"tlsrpt-rua-missing", tlsrpt({"v=TLSRPTv1;"})},
      {"tlsrpt-rua-scheme", tlsrpt({"v=TLSRPTv1; rua=http://b.example/x"})},
      {"tlsrpt-rua-unencoded", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example!10m"})},
      {"tlsrpt-space-before-semicolon", tlsrpt({"v=TLSRPTv1 ; rua=mailto:a@b.example"})},
      {"tlsrpt-rua-spaces", tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example , mailto:c@b.example"})},
      {"tlsrpt-rua-duplicate",
       tlsrpt({"v=TLSRPTv1; rua=mailto:a@b.example; rua=mailto:c@b.example"})},
      {"tlsrpt-rua-not-first", tlsrpt({"v=TLSRPTv1; x=1; rua=mailto:a@b.example"})},
  };
}

std::vector<BrokenCase> all_cases() {
  std::vector<BrokenCase> all;
  for (auto cases :
       {record_cases(), fetch_cases(), syntax_cases(), mx_cases(), smtp_cases(), tlsrpt_cases()})
    all.insert(all.end(), cases.begin(), cases.end());
  return all;
}

bool says_enforce(Scene& scene) {
  const auto& text = scene.evidence.policy.attempts;
  return !text.empty() && text[0].http_status == 200 &&
         text[0].body.find("mode: enforce") != std::string::npos;
}

TEST(Rules, HealthyDomainHasNoFinding) {
  Scene scene;
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "");
  EXPECT_EQ(report.outcome, Outcome::ok);
  for (Stage stage : kStages)
    EXPECT_EQ(report.stage(stage),
              stage == Stage::change ? StageResult::not_applicable : StageResult::pass)
        << name_of(stage);
  EXPECT_TRUE(report.policy.valid);
  EXPECT_EQ(report.suggested_policy, "");
}

TEST(Rules, EveryRowHasABrokenCase) {
  std::set<std::string> covered;
  for (const BrokenCase& broken : all_cases()) covered.insert(broken.code);
  for (const FindingRow& row : findings_table())
    // What changed takes more than one look to see: change_test.cpp.
    EXPECT_TRUE(row.stage == Stage::change || covered.contains(std::string(row.code))) << row.code;
}

TEST(Rules, BrokenCaseGivesItsFindingWithTheRowsSeverity) {
  for (const BrokenCase& broken : all_cases()) {
    Scene scene;
    broken.make_broken(scene);
    bool enforce = says_enforce(scene);
    Report report = scene.judged();
    const Finding* finding = find(report, broken.code);
    ASSERT_NE(finding, nullptr) << broken.code << " not in: " << summary(report);
    const FindingRow& row = *finding->row;
    EXPECT_EQ(finding->severity, enforce ? row.in_enforce : row.otherwise) << broken.code;
    EXPECT_FALSE(finding->message.empty()) << broken.code;
    EXPECT_FALSE(finding->fix.empty()) << broken.code;
    EXPECT_FALSE(finding->verify.empty()) << broken.code;
    EXPECT_EQ(finding->verify.find('{'), std::string::npos) << finding->verify;
    bool fails = finding->severity == Severity::critical || finding->severity == Severity::warning;
    if (fails) {
      EXPECT_EQ(report.stage(row.stage), StageResult::fail) << broken.code;
    }
    if (finding->severity == Severity::unknown) {
      EXPECT_EQ(report.stage(row.stage), StageResult::unknown) << broken.code;
    }
  }
}

TEST(Rules, DeadChannelMakesItsFindingsUnknown) {
  int tried = 0;
  for (const BrokenCase& broken : all_cases()) {
    const FindingRow* row = find_row(broken.code);
    if (row->blind_channel == Channel::none) continue;
    ++tried;
    Scene scene;
    broken.make_broken(scene);
    scene.blind();
    Report report = scene.judged();
    EXPECT_NE(report.stage(row->stage), StageResult::fail)
        << broken.code << ": " << summary(report);
    for (const Finding& finding : report.findings)
      EXPECT_EQ(finding.severity, Severity::unknown) << broken.code << ": " << summary(report);
    EXPECT_EQ(report.outcome, Outcome::unknown) << broken.code << ": " << summary(report);
  }
  EXPECT_GT(tried, 15);
}

TEST(Rules, PolicyFindingsAreSilentForADomainThatDoesNotTakePart) {
  for (const auto& cases : {fetch_cases(), syntax_cases()}) {
    for (const BrokenCase& broken : cases) {
      Scene scene;
      broken.make_broken(scene);
      record_status(DnsStatus::nodata)(scene);
      Report report = scene.judged();
      EXPECT_EQ(find(report, broken.code), nullptr) << broken.code;
      EXPECT_EQ(report.stage(Stage::policy_fetch), StageResult::not_applicable) << broken.code;
    }
  }
}

TEST(Rules, SmtpFindingsAreSilentWithoutSmtp) {
  for (const BrokenCase& broken : smtp_cases()) {
    Scene scene;
    broken.make_broken(scene);
    scene.evidence.smtp_enabled = false;
    Report report = scene.judged();
    EXPECT_EQ(find(report, broken.code), nullptr) << broken.code;
    EXPECT_EQ(report.stage(Stage::smtp), StageResult::not_applicable);
    EXPECT_EQ(report.stage(Stage::mx_certificate), StageResult::not_applicable);
  }
}

TEST(Rules, CoverageDoesNotApplyInModeNone) {
  Scene scene;
  scene.set_mx({"mail.other.example"});
  scene.set_body(policy_text("none", kMx, "86400"));
  Report report = scene.judged();
  EXPECT_EQ(summary(report), "sts-mode-none:info ");
}

TEST(Rules, TestingSoftensWhatStopsNoMail) {
  Scene scene;
  scene.set_mx({"mail.other.example"});
  scene.set_body(policy_text("testing", kMx, "604800"));
  Report report = scene.judged();
  ASSERT_NE(find(report, "mx-not-covered"), nullptr);
  EXPECT_EQ(find(report, "mx-not-covered")->severity, Severity::warning);
}

}  // namespace
}  // namespace mtasts::verdict
