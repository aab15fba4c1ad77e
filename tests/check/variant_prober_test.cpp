// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Handshake variants of MX hosts: how often they are made, with which address, and what of them is
// shared.
#include "scripted_checks.h"

namespace mtasts::check {
namespace {

using net::CertificateAlgorithms;
using net::TlsOffer;
using std::chrono::minutes;

class VariantProberTest : public ScriptedChecks {
 protected:
  VariantProberTest() {
    prober_.answer = [this](const std::string& host, const IpAddress&) {
      SmtpAttempt attempt;
      attempt.status = status_;
      if (status_ != SmtpStatus::ok) return attempt;
      attempt.reply_code = 220;
      attempt.starttls_offered = true;
      attempt.chain = chain(host, usual_type_);
      return attempt;
    };
    prober_.answer_with = [this](const std::string& host, const IpAddress&, const TlsOffer& offer) {
      SmtpAttempt attempt;
      attempt.status = SmtpStatus::ok;
      if (offer.algorithms == CertificateAlgorithms::rsa)
        attempt.chain = chain(host, "RSA");
      else if (offer.algorithms == CertificateAlgorithms::ecdsa)
        attempt.chain = chain(host, "EC P-256");
      else
        attempt = without_server_name_(host);
      return attempt;
    };
  }

  protocol::PeerChainPtr chain(const std::string& host, const std::string& type) const {
    auto made = std::make_shared<protocol::PeerChain>(*fakes::trusted_chain(host));
    made->leaf.key_type = type;
    made->leaf.fingerprint_sha256 = type + certificate_;
    made->name_matches = !usual_unverified_;
    if (expired_ == type) {
      made->leaf.not_after = protocol::CertificateTime();
      made->faults = {protocol::ChainFault::expired};
    }
    return made;
  }

  size_t variants_at(int minute) {
    later_ = minutes(minute);
    reports_ = check({"one.example"});
    return prober_.offered.size();
  }

  SmtpStatus status_ = SmtpStatus::ok;
  std::string usual_type_ = "EC P-256";
  std::string certificate_ = "1";
  std::string expired_;
  bool usual_unverified_ = false;
  std::function<SmtpAttempt(const std::string&)> without_server_name_ = [this](const auto& host) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::ok;
    attempt.chain = chain(host, usual_type_);
    return attempt;
  };
  std::vector<verdict::Report> reports_;
};

TEST_F(VariantProberTest, OncePerIntervalWhateverTheFaultsAre) {
  expired_ = "RSA";
  EXPECT_EQ(variants_at(0), 2u);
  EXPECT_EQ(prober_.offered[0].second.algorithms, CertificateAlgorithms::rsa);
  EXPECT_TRUE(prober_.offered[0].second.server_name);
  EXPECT_EQ(prober_.offered[1].second.algorithms, CertificateAlgorithms::any);
  EXPECT_FALSE(prober_.offered[1].second.server_name);
  EXPECT_NE(summary(reports_[0]).find("cert-expired:critical"), std::string::npos)
      << summary(reports_[0]);
  EXPECT_NE(summary(reports_[0]).find("cert-multiple-algorithms:info"), std::string::npos);
  EXPECT_EQ(prober_.probed.size(), 1u);
  EXPECT_EQ(variants_at(5), 2u);
  EXPECT_EQ(prober_.probed.size(), 1u)
      << "a fault of a variant does not make the next probe sooner";
  EXPECT_EQ(variants_at(61), 4u);
}

// The host has another fault, so that it is probed every few minutes.
TEST_F(VariantProberTest, ProbesOfAFaultyHostShareThem) {
  usual_unverified_ = true;
  EXPECT_EQ(variants_at(0), 1u) << "what does not verify with SNI is not tried without";
  EXPECT_EQ(variants_at(2), 1u);
  EXPECT_EQ(variants_at(6), 1u);
  EXPECT_GE(prober_.probed.size(), 3u);
  EXPECT_NE(summary(reports_[0]).find("cert-multiple-algorithms"), std::string::npos);
}

TEST_F(VariantProberTest, ANewCertificateIsLookedAtAgain) {
  usual_unverified_ = true;
  EXPECT_EQ(variants_at(0), 1u);
  certificate_ = "2";
  EXPECT_EQ(variants_at(2), 2u);
}

TEST_F(VariantProberTest, OnlyAfterAHandshake) {
  status_ = SmtpStatus::starttls_missing;
  EXPECT_EQ(variants_at(0), 0u);
  status_ = SmtpStatus::tls_failed;
  EXPECT_EQ(variants_at(70), 0u);
}

TEST_F(VariantProberTest, RsaIsTriedWithEcdsa) {
  usual_type_ = "RSA";
  variants_at(0);
  EXPECT_EQ(prober_.offered[0].second.algorithms, CertificateAlgorithms::ecdsa);
}

TEST_F(VariantProberTest, OneAddressOfAHost) {
  resolver_.add_address("mx1.mail.example", "192.175.48.9");
  resolver_.add_address("mx1.mail.example", "192.175.48.8");
  EXPECT_EQ(variants_at(0), 2u);
  EXPECT_EQ(prober_.probed.size(), 3u);
  for (const auto& [address, most] : prober_.most_open) EXPECT_EQ(most, 1) << address;
}

// A hoster has a name for each customer, and a few addresses and one certificate for all of them.
TEST_F(VariantProberTest, HostsOnOneAddressShareThem) {
  add_domain("two.example", {"mx2.mail.example"});
  resolver_.add_address("mx2.mail.example", "192.175.48.1");
  prober_.answer = [this](const std::string&, const IpAddress&) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::ok;
    attempt.reply_code = 220;
    attempt.starttls_offered = true;
    auto shared = *chain("*.mail.example", "EC P-256");
    attempt.chain = std::make_shared<const protocol::PeerChain>(shared);
    return attempt;
  };
  without_server_name_ = [this](const std::string&) {
    SmtpAttempt attempt;
    attempt.status = SmtpStatus::ok;
    auto only_one = *chain("mx1.mail.example", "EC P-256");
    only_one.name_matches = true;
    attempt.chain = std::make_shared<const protocol::PeerChain>(only_one);
    return attempt;
  };
  auto reports = check({"one.example"});
  EXPECT_EQ(prober_.offered.size(), 2u);
  EXPECT_EQ(summary(reports[0]).find("sni"), std::string::npos) << summary(reports[0]);
  reports = check({"two.example"});
  EXPECT_EQ(prober_.offered.size(), 2u);
  EXPECT_NE(summary(reports[0]).find("smtp-tls-sni-required:info"), std::string::npos)
      << "the name is compared for each host: " << summary(reports[0]);
}

TEST_F(VariantProberTest, AClosedConnectionIsTriedAgain) {
  int closed = 1;
  without_server_name_ = [&](const std::string& host) {
    SmtpAttempt attempt;
    attempt.status = closed-- > 0 ? SmtpStatus::tls_closed : SmtpStatus::ok;
    if (attempt.status == SmtpStatus::ok) attempt.chain = chain(host, usual_type_);
    return attempt;
  };
  EXPECT_EQ(variants_at(0), 3u);
  EXPECT_EQ(summary(reports_[0]).find("sni"), std::string::npos) << summary(reports_[0]);
  closed = 2;
  EXPECT_EQ(variants_at(61), 6u);
  EXPECT_NE(summary(reports_[0]).find("smtp-tls-sni-required"), std::string::npos);
}

TEST_F(VariantProberTest, WhatWasNotObservedSaysNothing) {
  for (SmtpStatus status : {SmtpStatus::cancelled, SmtpStatus::timeout, SmtpStatus::tls_timeout,
                            SmtpStatus::connect_timeout, SmtpStatus::banner_rejected}) {
    without_server_name_ = [status](const std::string&) {
      SmtpAttempt attempt;
      attempt.status = status;
      return attempt;
    };
    variants_at(static_cast<int>(status) * 61);
    EXPECT_EQ(summary(reports_[0]).find("sni"), std::string::npos) << summary(reports_[0]);
  }
}

}  // namespace
}  // namespace mtasts::check
