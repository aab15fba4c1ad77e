// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/x509/certificate.h"

#include <gmock/gmock.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "fakes/certificate_factory.h"

namespace mtasts::protocol {
namespace {

using fakes::CertificateAuthority;
using fakes::KeyType;
using fakes::LeafOptions;
using namespace std::string_literals;

struct Free {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

Certificate facts_of_pem(const std::string& pem) {
  const std::string der = fakes::der_of(pem);
  auto* octets = reinterpret_cast<const unsigned char*>(der.data());
  std::unique_ptr<X509, Free> certificate(
      d2i_X509(nullptr, &octets, static_cast<long>(der.size())));
  return facts_of(certificate.get());
}

Certificate facts_of_leaf(const LeafOptions& options) {
  return facts_of_pem(CertificateAuthority::root().issue(options).certificate_chain_pem);
}

struct IdentityCase {
  const char* presented;
  const char* host;
  const char* reason;
};

const IdentityCase kGood[] = {
    {"mta-sts.example.com", "mta-sts.example.com", "the same name"},
    {"MTA-STS.Example.COM", "mta-sts.example.com", "case does not count"},
    {"mx.example.com", "MX.EXAMPLE.COM", "case does not count in the host either"},
    {"*.example.com", "mx.example.com", "one label"},
    {"*.EXAMPLE.com", "mx.example.COM", "one label, without case"},
    {"*.xn--bcher-kva.example", "xn--mx-3ya.xn--bcher-kva.example", "A-labels are labels"},
    {"localhost", "localhost", "a single label equals itself"},
    {"_dane.example.com", "_dane.example.com", "an underscore is an ordinary octet"},
};

const IdentityCase kBad[] = {
    {"example.com", "mx.example.com", "a parent is not the name"},
    {"mx.example.com", "example.com", "a child is not the name"},
    {"*.example.com", "example.com", "the wildcard stands for a label, not for none"},
    {"*.example.com", "a.b.example.com", "one label only (RFC 8461 §4.1)"},
    {"*.example.com", ".example.com", "an empty label is none"},
    {"*.example.com", "mxexample.com", "the dot counts"},
    {"*.com", "example.com", "two labels must follow the wildcard"},
    {"*", "localhost", "a bare wildcard"},
    {"*.", "localhost.", "nothing behind the wildcard"},
    {"*..com", "a..com", "an empty label behind the wildcard"},
    {"*.com.", "mx.com.", "two real labels, an empty one is none"},
    {"m*.example.com", "mx.example.com", "a partial wildcard"},
    {"*x.example.com", "mx.example.com", "a partial wildcard in front"},
    {"mx.*.com", "mx.example.com", "an inner wildcard"},
    {"*.*.com", "mx.example.com", "two wildcards"},
    {"m*.example.com", "m*.example.com", "a partial wildcard does not even match itself"},
    {"mx.example.com.", "mx.example.com", "a trailing dot is not part of a DNS-ID"},
    {"mx.example.com ", "mx.example.com", "a blank"},
    {"", "mx.example.com", "an empty identity"},
    {"mx.example.com", "", "an empty host"},
    {"", "", "nothing matches nothing"},
    {"b\xC3\xBC"
     "cher.example",
     "b\xC3\xBC"
     "cher.example",
     "U-labels never match"},
};

TEST(Identity, Good) {
  for (const IdentityCase& test : kGood)
    EXPECT_TRUE(identity_matches(test.presented, test.host)) << test.presented << test.reason;
}

TEST(Identity, Bad) {
  for (const IdentityCase& test : kBad)
    EXPECT_FALSE(identity_matches(test.presented, test.host)) << test.presented << test.reason;
}

TEST(Identity, NulInsideTheName) {
  EXPECT_FALSE(identity_matches("mx.example.com\0.evil.example"s, "mx.example.com"));
  EXPECT_FALSE(identity_matches("mx.example.com\0"s, "mx.example.com"));
}

TEST(Identity, AnyOfSeveral) {
  EXPECT_TRUE(any_identity_matches({"a.example", "*.b.example"}, "x.b.example"));
  EXPECT_FALSE(any_identity_matches({"a.example", "*.b.example"}, "b.example"));
  EXPECT_FALSE(any_identity_matches({}, "b.example"));
}

TEST(CertificateFacts, OfALeaf) {
  LeafOptions options;
  options.common_name = "mx.example.com";
  options.dns_names = {"MX.example.com", "*.Example.com"};
  Certificate facts = facts_of_leaf(options);
  EXPECT_EQ(facts.subject, "CN=mx.example.com");
  EXPECT_EQ(facts.issuer, "CN=Test Root");
  EXPECT_EQ(facts.common_name, "mx.example.com");
  EXPECT_THAT(facts.dns_names, testing::ElementsAre("mx.example.com", "*.example.com"));
  EXPECT_EQ(facts.key_type, "EC P-256");
  EXPECT_EQ(facts.key_bits, 256);
  EXPECT_EQ(facts.signature_algorithm, "ecdsa-with-SHA256");
  EXPECT_EQ(facts.fingerprint_sha256.size(), 64u);
  EXPECT_FALSE(facts.self_issued);
  EXPECT_THAT(facts.serial, testing::MatchesRegex("[0-9A-F]+"));
  using namespace std::chrono;
  auto now = floor<seconds>(system_now());
  EXPECT_NEAR((facts.not_before - now).count(), -86400, 60);
  EXPECT_NEAR((facts.not_after - now).count(), 90 * 86400, 60);
}

TEST(CertificateFacts, SelfIssued) {
  LeafOptions options;
  options.common_name = "self.example";
  Certificate facts = facts_of_pem(fakes::self_signed(options).certificate_chain_pem);
  EXPECT_TRUE(facts.self_issued);
  EXPECT_EQ(facts.subject, facts.issuer);
}

TEST(CertificateFacts, WithoutAnyName) {
  Certificate facts = facts_of_leaf(LeafOptions{});
  EXPECT_EQ(facts.subject, "");
  EXPECT_EQ(facts.common_name, "");
  EXPECT_THAT(facts.dns_names, testing::IsEmpty());
}

TEST(CertificateFacts, KeyTypes) {
  const std::vector<std::tuple<KeyType, std::string, int>> cases = {
      {KeyType::ec_p384, "EC P-384", 384}, {KeyType::ec_p192, "EC P-192", 192},
      {KeyType::ed25519, "Ed25519", 256},  {KeyType::rsa_1024, "RSA", 1024},
      {KeyType::rsa_2048, "RSA", 2048},
  };
  for (const auto& [type, name, bits] : cases) {
    LeafOptions options;
    options.key = type;
    Certificate facts = facts_of_leaf(options);
    EXPECT_EQ(facts.key_type, name);
    EXPECT_EQ(facts.key_bits, bits) << name;
  }
}

TEST(CertificateFacts, Sha1SignatureIsNamed) {
  LeafOptions options;
  options.key = KeyType::rsa_1024;
  options.digest = fakes::SignatureDigest::sha1;
  Certificate facts = facts_of_pem(fakes::self_signed(options).certificate_chain_pem);
  EXPECT_EQ(facts.signature_algorithm, "sha1WithRSAEncryption");
}

TEST(CertificateFacts, HostileDnsNamesAreDropped) {
  LeafOptions options;
  options.dns_names = {
      "good.example",   "mx.example\0.evil.example"s, "\xC3\xBC.example", "a b.example", "",
      "a\r\nb.example", std::string(300, 'a')};
  EXPECT_THAT(facts_of_leaf(options).dns_names, testing::ElementsAre("good.example"));
}

TEST(CertificateFacts, HostileSubjectIsPrintable) {
  LeafOptions options;
  options.common_name = "evil\x1B[31m\n\xE2\x80\xAE";
  Certificate facts = facts_of_leaf(options);
  for (const std::string& text : {facts.subject, facts.common_name}) {
    EXPECT_EQ(text.find('\x1B'), std::string::npos) << text;
    EXPECT_EQ(text.find('\n'), std::string::npos) << text;
    EXPECT_EQ(text.find("\xE2\x80\xAE"), std::string::npos) << text;
  }
}

TEST(CertificateFacts, SubjectKeepsUtf8) {
  LeafOptions options;
  options.common_name =
      "b\xC3\xBC"
      "cher";
  EXPECT_EQ(facts_of_leaf(options).subject,
            "CN=b\xC3\xBC"
            "cher");
}

TEST(CertificateFacts, DnsNamesAreCutAtTheLimit) {
  LeafOptions options;
  for (size_t i = 0; i < kMostDnsNames + 50; ++i)
    options.dns_names.push_back("mx" + std::to_string(i) + ".example");
  Certificate facts = facts_of_leaf(options);
  ASSERT_EQ(facts.dns_names.size(), kMostDnsNames);
  EXPECT_EQ(facts.dns_names.front(), "mx0.example");
}

}  // namespace
}  // namespace mtasts::protocol
