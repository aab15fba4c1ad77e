// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a server presents to clients that offer another algorithm, or no SNI.
#include "net/smtp/smtp_prober_fixture.h"

namespace mtasts::net {
namespace {

class SmtpOfferTest : public SmtpProberTest {
 protected:
  static fakes::Identity rsa_identity() {
    fakes::LeafOptions options;
    options.dns_names = {kHost};
    options.key = fakes::KeyType::rsa_2048;
    return authority_->issue(options);
  }

  SmtpAttempt probe_with(const SmtpScript& script, TlsOffer offer,
                         std::chrono::milliseconds timeout = kPlenty) {
    SmtpServer server(script);
    AsioSmtpProber prober(loop_, observer_, settings_for(server.port(), timeout));
    SmtpAttempt attempt = run(prober.probe_with(kHost, *IpAddress::parse("127.0.0.1"), offer));
    connections_ = server.connections();
    server_names_ = server.server_names();
    return attempt;
  }

  static TlsOffer only(CertificateAlgorithms algorithms) {
    TlsOffer offer;
    offer.algorithms = algorithms;
    return offer;
  }
  static TlsOffer without_sni() {
    TlsOffer offer;
    offer.server_name = false;
    return offer;
  }

  int connections_ = 0;
  std::vector<std::string> server_names_;
};

TEST_F(SmtpOfferTest, EachAlgorithmHasItsCertificate) {
  for (SmtpTls tls : {SmtpTls::modern, SmtpTls::only_1_2}) {
    SmtpScript both = script();
    both.second_identity = rsa_identity();
    both.tls = tls;
    SmtpAttempt rsa = probe_with(both, only(CertificateAlgorithms::rsa));
    ASSERT_EQ(rsa.status, SmtpStatus::ok) << rsa.detail;
    EXPECT_EQ(rsa.chain->leaf.key_type, "RSA");
    EXPECT_TRUE(rsa.chain->verified()) << rsa.chain->verify_error;
    EXPECT_EQ(connections_, 1);
    EXPECT_EQ(server_names_, std::vector<std::string>{kHost});
    SmtpAttempt ecdsa = probe_with(both, only(CertificateAlgorithms::ecdsa));
    ASSERT_EQ(ecdsa.status, SmtpStatus::ok) << ecdsa.detail;
    EXPECT_EQ(ecdsa.chain->leaf.key_type, "EC P-256");
  }
}

TEST_F(SmtpOfferTest, ServerWithOneCertificateRefusesTheOther) {
  for (SmtpTls tls : {SmtpTls::modern, SmtpTls::only_1_2}) {
    SmtpScript one = script();
    one.tls = tls;
    SmtpAttempt attempt = probe_with(one, only(CertificateAlgorithms::rsa));
    EXPECT_EQ(attempt.status, SmtpStatus::tls_failed) << attempt.detail;
    EXPECT_EQ(attempt.chain, nullptr);
    EXPECT_EQ(connections_, 1) << "no second attempt with old TLS versions";
    one.identity = rsa_identity();
    attempt = probe_with(one, only(CertificateAlgorithms::ecdsa));
    EXPECT_EQ(attempt.status, SmtpStatus::tls_failed) << attempt.detail;
  }
}

// An ECDSA authority signs the RSA leaf: only the key of the leaf matters.
TEST_F(SmtpOfferTest, AlgorithmOfTheIssuerDoesNotMatter) {
  SmtpScript rsa = script();
  rsa.identity = rsa_identity();
  EXPECT_EQ(probe_with(rsa, only(CertificateAlgorithms::rsa)).status, SmtpStatus::ok);
}

TEST_F(SmtpOfferTest, WithoutServerName) {
  SmtpScript hoster = script();
  hoster.without_server_name = identity_for("default.example");
  SmtpAttempt attempt = probe_with(hoster, without_sni());
  ASSERT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_EQ(attempt.chain->leaf.dns_names, std::vector<std::string>{"default.example"});
  EXPECT_FALSE(attempt.chain->verified());
  EXPECT_TRUE(server_names_.empty());

  attempt = probe_with(hoster, TlsOffer());
  EXPECT_TRUE(attempt.chain->verified());
}

TEST_F(SmtpOfferTest, ServerThatRequiresServerName) {
  SmtpScript strict = script();
  strict.requires_server_name = true;
  SmtpAttempt attempt = probe_with(strict, without_sni());
  EXPECT_EQ(attempt.status, SmtpStatus::tls_failed);
  EXPECT_NE(attempt.detail.find("unrecognized name"), std::string::npos) << attempt.detail;
  EXPECT_EQ(probe_with(strict, TlsOffer()).status, SmtpStatus::ok);
}

TEST_F(SmtpOfferTest, EndsInTime) {
  SmtpAttempt attempt =
      probe_with(faulty(SmtpFault::silence, SmtpMoment::banner), without_sni(), kShort);
  EXPECT_EQ(attempt.status, SmtpStatus::timeout);
}

}  // namespace
}  // namespace mtasts::net
