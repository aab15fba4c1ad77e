// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is said about a certificate, and what to change: the words follow what the chain lacks.
#include <gmock/gmock.h>

#include "verdict/broken_cases.h"

namespace mtasts::verdict {
namespace {

using protocol::ChainFault;
using protocol::PeerChain;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// The finding of one fault on the MX host; never null in a passing test.
Finding finding_of(const std::string& code, const std::function<void(PeerChain&)>& change) {
  Scene scene;
  scene.break_mx_chain(change);
  Report report = scene.judged();
  const Finding* finding = find(report, code);
  EXPECT_NE(finding, nullptr) << code << ": " << summary(report);
  return finding == nullptr ? Finding() : *finding;
}

std::function<void(PeerChain&)> incomplete(const protocol::MissingIssuer& missing) {
  return [missing](PeerChain& chain) {
    chain.faults = {ChainFault::incomplete};
    chain.missing = missing;
  };
}

TEST(CertificateRules, MissingIntermediateIsNamedWithItsUrl) {
  protocol::MissingIssuer missing;
  missing.subject = "CN=Root YE,O=ISRG,C=US";
  missing.issued = "CN=YE1,O=Let's Encrypt,C=US";
  missing.url = "http://x2.i.lencr.org/";
  Finding finding = finding_of("cert-incomplete-chain", incomplete(missing));
  EXPECT_EQ(
      finding.message,
      "The server sends 2 certificates, but not that of CN=Root YE,O=ISRG,C=US, the issuer of "
      "CN=YE1,O=Let's Encrypt,C=US, published at http://x2.i.lencr.org/");
  EXPECT_THAT(finding.fix, AllOf(HasSubstr("Append the certificate of CN=Root YE,O=ISRG,C=US "
                                           "(http://x2.i.lencr.org/)"),
                                 HasSubstr("if it is a private CA")));
  finding = finding_of("cert-incomplete-chain", [&](PeerChain& chain) {
    incomplete(missing)(chain);
    chain.publicly_issued = true;
    chain.presented_count = 1;
  });
  EXPECT_THAT(finding.message, HasSubstr("sends 1 certificate, but"));
  EXPECT_THAT(finding.fix, Not(HasSubstr("private")));
  missing.url.clear();
  finding = finding_of("cert-incomplete-chain", incomplete(missing));
  EXPECT_THAT(finding.message, Not(HasSubstr("published")));
  EXPECT_THAT(finding.fix, Not(HasSubstr("http")));
}

TEST(CertificateRules, WrongCertificateInItsPlaceIsNamed) {
  protocol::MissingIssuer missing;
  missing.subject = "CN=R11";
  missing.issued = "CN=mx1.example.com";
  missing.sent_instead = "CN=R3";
  Finding finding = finding_of("cert-incomplete-chain", incomplete(missing));
  EXPECT_THAT(finding.message, HasSubstr("that of CN=R3 does not belong there"));
  EXPECT_THAT(finding.fix, HasSubstr("Append the certificate of CN=R11"));
  missing.sent_instead = "CN=R11";
  finding = finding_of("cert-incomplete-chain", incomplete(missing));
  EXPECT_THAT(finding.message,
              HasSubstr("that of CN=R11 has another key than the one that signed"));
  EXPECT_THAT(finding.fix, HasSubstr("replace the certificate of CN=R11"));
}

std::function<void(PeerChain&)> fault_of(ChainFault fault, const std::string& subject) {
  return [fault, subject](PeerChain& chain) {
    chain.faults = {fault};
    chain.fault_subjects = {subject};
  };
}

TEST(CertificateRules, PrivateRootIsNamed) {
  Finding finding =
      finding_of("cert-untrusted", fault_of(ChainFault::untrusted, "CN=Private Root"));
  EXPECT_EQ(
      finding.message,
      "The chain ends in the root CN=Private Root, which is not one of the roots that senders "
      "trust");
  EXPECT_THAT(finding.fix, HasSubstr("CN=Private Root is a private CA"));
}

TEST(CertificateRules, ExpiredAuthorityIsNotTheLeafsFault) {
  Finding finding = finding_of("cert-expired", [](PeerChain& chain) {
    fault_of(ChainFault::expired, "CN=Old CA")(chain);
    chain.chain_not_after = in_days(-3);
  });
  EXPECT_THAT(finding.message, HasSubstr("The CA certificate CN=Old CA in the chain expired on"));
  EXPECT_THAT(finding.fix, HasSubstr("Replace the CA certificate of CN=Old CA"));
  finding = finding_of("cert-not-yet-valid", fault_of(ChainFault::not_yet_valid, "CN=New CA"));
  EXPECT_THAT(finding.message, HasSubstr("CN=New CA"));
}

TEST(CertificateRules, EachOtherFaultHasItsWords) {
  struct {
    ChainFault fault;
    const char* code;
    const char* words;
  } const cases[] = {
      {ChainFault::name_constraint, "cert-name-constraint", "The CA CN=Some CA may not issue"},
      {ChainFault::purpose, "cert-purpose", "must not be used for TLS servers"},
      {ChainFault::not_a_ca, "cert-untrusted", "is not a CA certificate"},
      {ChainFault::path_length, "cert-untrusted", "more CA certificates below"},
      {ChainFault::critical_extension, "cert-untrusted", "critical extension"},
      {ChainFault::bad_signature, "cert-untrusted", "does not match its issuer's key"},
      {ChainFault::invalid, "cert-untrusted", "failed verification"},
  };
  for (const auto& one : cases) {
    Finding finding = finding_of(one.code, fault_of(one.fault, "CN=Some CA"));
    EXPECT_THAT(finding.message, HasSubstr(one.words));
    EXPECT_EQ(finding.severity, Severity::critical);
    EXPECT_NE(finding.fix, "");
    // A chain that an earlier version stored has no subjects.
    finding = finding_of(one.code, [&](PeerChain& chain) { chain.faults = {one.fault}; });
    EXPECT_NE(finding.message, "");
  }
}

// Anybody may write anything into a certificate.
TEST(CertificateRules, HostileNamesAreBounded) {
  std::string endless(5000, 'x');
  Finding finding = finding_of(
      "cert-incomplete-chain",
      incomplete(
          {.subject = endless, .url = endless, .issued = endless, .sent_instead = "\x1b[2J"}));
  EXPECT_LT(finding.message.size(), 1200u);
  EXPECT_LT(finding.fix.size(), 1200u);
  EXPECT_EQ(finding.message.find('\x1b'), std::string::npos);
}

TEST(CertificateRules, SendersRefuseSha1) {
  for (protocol::Mode mode : {protocol::Mode::enforce, protocol::Mode::testing}) {
    bool enforce = mode == protocol::Mode::enforce;
    Scene scene;
    scene.set_body(policy_text(name_of(mode), kMx, "2592000"));
    auto weaken = [](PeerChain& chain) { chain.weak_signature = "sha1WithRSAEncryption"; };
    scene.break_mx_chain(weaken);
    Report report = scene.judged();
    const Finding* finding = find(report, "cert-weak-signature");
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, enforce ? Severity::critical : Severity::warning);
    EXPECT_FALSE(report.mx[0].facts->addresses[0].chain->verified());
    EXPECT_TRUE(report.policy.valid);
  }
  Scene scene;
  scene.break_policy_chain([](PeerChain& chain) { chain.weak_signature = "ecdsa-with-SHA1"; });
  Report report = scene.judged_at(kNow, std::make_shared<const History>());
  const Finding* finding = find(report, "sts-tls-weak-signature");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_FALSE(report.policy.valid) << "no sender with Go or OpenSSL 3 takes this policy";
  EXPECT_FALSE(report.policy.chain->verified());
  EXPECT_EQ(protocol::failure_of(*report.policy.chain),
            "signature algorithm too weak: ecdsa-with-SHA1");
  EXPECT_TRUE(report.history->instances.empty()) << "senders do not hold it";
}

TEST(CertificateRules, ShortKeyIsNotRefused) {
  Scene scene;
  scene.break_policy_chain([](PeerChain& chain) { chain.weak_key = "RSA 1024 bits"; });
  Report report = scene.judged();
  EXPECT_TRUE(report.policy.valid);
  EXPECT_EQ(find(report, "sts-tls-weak-key")->severity, Severity::warning);
}

// OpenSSL refuses it, Go and GnuTLS do not.
TEST(CertificateRules, AnyPurposeIsAWarning) {
  Scene scene;
  scene.break_mx_chain([](PeerChain& chain) { chain.any_purpose = "CN=mx1.example.com"; });
  Report report = scene.judged();
  const Finding* finding = find(report, "cert-purpose");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::warning);
  EXPECT_THAT(finding->message, HasSubstr("anyExtendedKeyUsage"));
  EXPECT_TRUE(report.mx[0].facts->addresses[0].chain->verified());
}

class VariantRules : public testing::Test {
 protected:
  // The host also has an RSA certificate, in which a test breaks something.
  void add_rsa(const std::function<void(PeerChain&)>& change = [](PeerChain&) {}) {
    PeerChain chain = good_chain("mx1.example.com");
    chain.leaf.key_type = "RSA";
    chain.leaf.key_bits = 2048;
    chain.leaf.fingerprint_sha256 = "rsa";
    change(chain);
    variants_.other_algorithm = good_probe("mx1.example.com", "192.175.48.1");
    variants_.other_algorithm.chain = share(chain);
  }
  Report judged() {
    variants_.host = "mx1.example.com";
    variants_.address = scene_.probe().address;
    if (variants_.certificate.empty())
      variants_.certificate = scene_.probe().chain->leaf.fingerprint_sha256;
    scene_.hosts[0].variants = std::make_shared<const HandshakeVariants>(variants_);
    return scene_.judged();
  }
  Scene scene_;
  HandshakeVariants variants_;
};

TEST_F(VariantRules, BothCertificatesAreGood) {
  add_rsa();
  Report report = judged();
  EXPECT_EQ(summary(report), "cert-multiple-algorithms:info ");
  EXPECT_EQ(report.outcome, Outcome::ok);
  EXPECT_THAT(report.findings[0].message, AllOf(HasSubstr("EC P-256"), HasSubstr("RSA")));
}

TEST_F(VariantRules, TheOtherCertificateIsJudgedToo) {
  add_rsa(with_fault(ChainFault::expired));
  Report report = judged();
  const Finding* finding = find(report, "cert-expired");
  ASSERT_NE(finding, nullptr) << summary(report);
  EXPECT_EQ(finding->severity, Severity::critical);
  EXPECT_THAT(finding->message, HasSubstr("the RSA certificate, which clients without EC get"));
  EXPECT_EQ(report.stage(Stage::mx_certificate), StageResult::fail);
}

TEST_F(VariantRules, TheOtherCertificateExpiresSoon) {
  add_rsa([](PeerChain& chain) { chain.leaf.not_after = chain.chain_not_after = in_days(12); });
  EXPECT_NE(find(judged(), "cert-expiring"), nullptr);
}

TEST_F(VariantRules, BothHaveTheSameFault) {
  scene_.break_mx_chain(with_fault(ChainFault::expired));
  add_rsa(with_fault(ChainFault::expired));
  Report report = judged();
  auto count = std::count_if(report.findings.begin(), report.findings.end(),
                             [](const Finding& f) { return f.code() == "cert-expired"; });
  EXPECT_EQ(count, 1) << summary(report);
}

TEST_F(VariantRules, AnotherCertificateOfTheSameAlgorithmIsNone) {
  add_rsa([](PeerChain& chain) { chain.leaf.key_type = "EC P-384"; });
  EXPECT_EQ(summary(judged()), "");
}

TEST_F(VariantRules, OldObservationOfAnotherCertificateSaysNothing) {
  add_rsa(with_fault(ChainFault::expired));
  variants_.certificate = "the one before";
  EXPECT_EQ(summary(judged()), "");
}

TEST_F(VariantRules, DefaultCertificateWithoutServerName) {
  PeerChain chain = good_chain("default.hoster.example");
  chain.name_matches = false;
  variants_.without_server_name = good_probe("mx1.example.com", "192.175.48.1");
  variants_.without_server_name.chain = share(chain);
  Report report = judged();
  EXPECT_EQ(summary(report), "smtp-tls-sni-required:info ");
  EXPECT_THAT(report.findings[0].message, AllOf(HasSubstr("default.hoster.example"),
                                                HasSubstr("MTA-STS and DANE senders send")));
  EXPECT_THAT(report.findings[0].verify, HasSubstr("-noservername"));
}

TEST_F(VariantRules, HandshakeFailsWithoutServerName) {
  variants_.without_server_name.status = protocol::SmtpStatus::tls_failed;
  variants_.without_server_name.detail = "TLS alert: unrecognized name";
  Report report = judged();
  EXPECT_EQ(summary(report), "smtp-tls-sni-required:warning ");
  EXPECT_THAT(report.findings[0].message, HasSubstr("unrecognized name"));
}

TEST_F(VariantRules, WithoutServerNameAsGoodAsWith) {
  variants_.without_server_name = good_probe("mx1.example.com", "192.175.48.1");
  EXPECT_EQ(summary(judged()), "");
}

TEST_F(VariantRules, WhatFailsWithServerNameIsNotBlamedOnItsAbsence) {
  scene_.break_mx_chain(with_fault(ChainFault::untrusted));
  variants_.without_server_name.status = protocol::SmtpStatus::tls_failed;
  EXPECT_EQ(find(judged(), "smtp-tls-sni-required"), nullptr);
}

}  // namespace
}  // namespace mtasts::verdict
