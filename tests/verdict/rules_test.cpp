// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Every row of the findings table, broken on purpose one at a time: the finding appears with its
// severity; it is unknown when its channel is unavailable; it is absent where it does not apply.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "verdict/broken_cases.h"
#include "verdict/certificate_rules.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::SmtpStatus;

std::vector<BrokenCase> all_cases() {
  std::vector<BrokenCase> all;
  for (auto cases : {record_cases(), fetch_cases(), syntax_cases(), mx_cases(), smtp_cases(),
                     tlsrpt_cases(), dane_cases(), reports_cases(), extra_cases()})
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
              stage == Stage::change || stage == Stage::dane || stage == Stage::reports
                  ? StageResult::not_applicable
                  : StageResult::pass)
        << name_of(stage);
  EXPECT_TRUE(report.policy.valid);
  EXPECT_EQ(report.suggested_policy, "");
}

TEST(Rules, EveryRowHasABrokenCase) {
  std::set<std::string> covered;
  for (const BrokenCase& broken : all_cases()) covered.insert(broken.code);
  for (const FindingRow& row : findings_table())
    // Changes take more than one check to observe: change_test.cpp.
    EXPECT_TRUE(row.stage == Stage::change || covered.contains(std::string(row.code)))
        << row.code.text() << ": add a case to tests/verdict/broken_*_cases.cpp";
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

// Failed connections while port 25 is closed to the agent are one finding for all hosts.
bool is_joined_when_unobserved(std::string_view code) {
  return code == "smtp-connect-refused" || code == "smtp-connect-timeout" ||
         code == "smtp-unreachable";
}

TEST(Rules, AFindingIsUnknownExactlyWhenItsChannelIsUnavailable) {
  for (const BrokenCase& broken : all_cases()) {
    const FindingRow& row = *find_row(broken.code);
    for (ChannelKind kind : kChannelKinds) {
      Scene scene;
      broken.make_broken(scene);
      Regime regime = says_enforce(scene) ? Regime::enforce : Regime::otherwise;
      scene.lose(kind);
      Report report = scene.judged();
      bool unobserved = row.channel == kind;
      bool joined = unobserved && is_joined_when_unobserved(broken.code);
      const Finding* finding =
          find(report, joined ? "probe-port25-egress-blocked" : std::string_view(broken.code));
      ASSERT_NE(finding, nullptr) << broken.code << " without " << name_of(kind) << ": "
                                  << summary(report);
      EXPECT_EQ(finding->severity, unobserved ? Severity::unknown : severity_in(row, regime))
          << broken.code << " without " << name_of(kind);
    }
  }
}

// Not every failure on a channel may be the agent's own: an address that is not contacted, or a
// peer that answered, counts whatever is known of the channel.
TEST(Rules, AFailureThatCannotBeLocalCountsWithoutItsChannel) {
  for (protocol::HttpsStatus status :
       {protocol::HttpsStatus::not_allowed, protocol::HttpsStatus::tls_failed}) {
    Scene scene;
    scene.fetch(1).status = status;
    scene.fetch(1).chain = nullptr;
    scene.evidence.channels.erase(Channel::https_ipv6);
    Report report = scene.judged();
    const Finding* finding = find(report, "sts-host-ipv6-fail");
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, Severity::warning) << summary(report);
    EXPECT_EQ(report.stage(Stage::policy_fetch), StageResult::fail);
    EXPECT_TRUE(is_conclusive(report));
  }
  Scene scene;
  scene.hosts[0] = good_host("mx1.example.com", {"192.175.48.1", "2a00::1", "2a00::2"});
  scene.probe(0, 1).status = SmtpStatus::refused;
  scene.probe(0, 2).status = SmtpStatus::tls_failed;
  for (size_t address : {1u, 2u}) {
    scene.probe(0, address).reply_code = 0;
    scene.probe(0, address).chain = nullptr;
  }
  scene.hosts[0].channels.erase(Channel::smtp_ipv6);
  Report report = scene.judged();
  const Finding* failed = find(report, "smtp-tls-handshake-failed");
  ASSERT_NE(failed, nullptr) << summary(report);
  EXPECT_NE(failed->severity, Severity::unknown);
  EXPECT_NE(find(report, "probe-port25-egress-blocked"), nullptr) << "the refused one is unknown";
}

TEST(Rules, WithoutAnyChannelNothingCountsAgainstADomain) {
  for (const BrokenCase& broken : all_cases()) {
    const FindingRow* row = find_row(broken.code);
    if (!row->channel) continue;
    Scene scene;
    broken.make_broken(scene);
    for (ChannelKind kind : kChannelKinds) scene.lose(kind);
    Report report = scene.judged();
    EXPECT_NE(report.stage(row->stage), StageResult::fail)
        << broken.code << ": " << summary(report);
    // Beside dane-starttls-missing stands what the server itself said, which cannot be local.
    if (broken.code == "dane-starttls-missing") continue;
    for (const Finding& finding : report.findings)
      EXPECT_EQ(finding.severity, Severity::unknown) << broken.code << ": " << summary(report);
    EXPECT_EQ(report.outcome, Outcome::unknown) << broken.code << ": " << summary(report);
  }
}

TEST(Rules, PolicyFindingsAreSilentWithoutARecord) {
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

TEST(Rules, MxNotCoveredNamesOneHostOrAll) {
  auto message_for = [](const std::vector<std::string>& hosts) {
    Scene scene;
    scene.set_mx(hosts);
    Report report = scene.judged();
    const Finding* finding = find(report, "mx-not-covered");
    return finding != nullptr ? finding->message : std::string();
  };
  EXPECT_EQ(
      message_for({"mail.other.example"}).find("The MX host mail.other.example matches none "), 0u);
  EXPECT_EQ(message_for({"a.other.example", "b.other.example"})
                .find("None of the MX hosts a.other.example, b.other.example matches "),
            0u);
}

TEST(Rules, MismatchSaysWhetherTheCertificateHasNames) {
  auto message_for = [](const std::vector<std::string>& names, bool in_cn) {
    Scene scene;
    scene.break_mx_chain([&](protocol::PeerChain& chain) {
      chain.leaf.dns_names = names;
      chain.name_matches = false;
      chain.name_only_in_cn = in_cn;
    });
    Report report = scene.judged();
    const Finding* finding = find(report, in_cn ? "cert-cn-only" : "cert-host-mismatch");
    return finding != nullptr ? finding->message : std::string();
  };
  EXPECT_EQ(
      message_for({}, true),
      "The certificate lists no DNS name, so it does not match mx1.example.com, which appears "
      "only in the CN");
  EXPECT_EQ(message_for({}, false),
            "The certificate lists no DNS name, so it does not match mx1.example.com");
  EXPECT_EQ(message_for({"example.com"}, false),
            "The certificate is for example.com, not for mx1.example.com");
}

// Days left and lifetime for a leaf; days left alone for a chain that expires before it.
TEST(Rules, ExpiryIsThatOfLeafOrChainWhicheverIsWorse) {
  struct Case {
    int leaf_left, leaf_lifetime, chain_left;  // days
    std::optional<Severity> expected;
  };
  const Case cases[] = {
      {30, 90, 400, std::nullopt},      {20, 90, 400, Severity::warning},
      {6, 90, 400, Severity::critical}, {3, 6, 400, std::nullopt},  // six-day certificates
      {1, 6, 400, Severity::warning},   {30, 90, 20, Severity::warning},
      {30, 90, 5, Severity::critical},  {15, 90, 12, Severity::warning},
      {15, 90, 5, Severity::critical},  {5, 90, 15, Severity::critical},
  };
  Thresholds thresholds;
  for (const Case& c : cases) {
    protocol::PeerChain chain;
    chain.leaf.not_after = in_days(c.leaf_left);
    chain.leaf.not_before = in_days(c.leaf_left - c.leaf_lifetime);
    chain.chain_not_after = in_days(std::min(c.leaf_left, c.chain_left));
    EXPECT_EQ(expiry_severity(chain, {thresholds, kNow}), c.expected)
        << c.leaf_left << " of " << c.leaf_lifetime << ", chain " << c.chain_left;
  }
}

TEST(Rules, ADeferralSaysNothingAboutStarttls) {
  struct Case {
    SmtpStatus status;
    int reply_code;
    std::optional<bool> offered, expected;
    bool unobserved;
    std::string_view code;
  };
  const Case cases[] = {
      {SmtpStatus::banner_rejected, 554, {}, {}, true, "smtp-banner-5xx"},
      {SmtpStatus::ehlo_rejected, 550, {}, {}, true, "smtp-banner-5xx"},
      {SmtpStatus::ehlo_rejected, 421, false, {}, true, "smtp-banner-4xx"},
      {SmtpStatus::ehlo_rejected, 502, false, false, false, "smtp-ehlo-failed"},
      {SmtpStatus::starttls_rejected, 421, true, {}, true, "smtp-banner-4xx"},
      {SmtpStatus::starttls_rejected, 454, true, false, false, "smtp-starttls-refused"},
  };
  for (const Case& c : cases) {
    Scene scene;
    for (auto& attempt : scene.hosts[0].attempts) {
      attempt.status = c.status;
      attempt.reply_code = c.reply_code;
      attempt.starttls_offered = c.offered;
      attempt.chain = nullptr;
    }
    Report report = scene.judged();
    EXPECT_NE(find(report, c.code), nullptr) << summary(report);
    for (const MxAddressReport& address : report.mx[0].facts->addresses) {
      EXPECT_EQ(address.starttls, c.expected) << c.code << " " << c.reply_code;
      EXPECT_EQ(address.unobserved, c.unobserved) << c.code << " " << c.reply_code;
    }
  }
}

}  // namespace
}  // namespace mtasts::verdict
