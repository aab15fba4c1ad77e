// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "net/tls/tls_observer_fixture.h"

namespace mtasts::net {
namespace {

using fakes::AuthorityOptions;
using fakes::CertificateAuthority;
using fakes::Identity;
using fakes::KeyType;
using fakes::LeafOptions;
using fakes::Validity;
using protocol::ChainFault;
using protocol::PeerChainPtr;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(TlsObserverTest, GoodChain) {
  Handshake seen = probe(inner_.issue(named("mx.example")), "mx.example");
  ASSERT_TRUE(seen.done) << seen.error;
  EXPECT_EQ(seen.server_name, "mx.example");
  PeerChainPtr chain = seen.observation.chain;
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, IsEmpty()) << chain->verify_error;
  EXPECT_EQ(chain->verify_error, "");
  EXPECT_TRUE(chain->verified());
  EXPECT_EQ(chain->presented_count, 2);
  EXPECT_EQ(chain->weak_key, "");
  EXPECT_EQ(chain->weak_signature, "");
  EXPECT_EQ(chain->chain_not_after, chain->leaf.not_after);
  EXPECT_THAT(chain->leaf.dns_names, ElementsAre("mx.example"));
}

TEST_F(TlsObserverTest, ChainEndsWithItsShortestCertificate) {
  AuthorityOptions short_lived;
  short_lived.validity.not_after = hours(24 * 10);
  PeerChainPtr chain = chain_of(root_.intermediate(short_lived).issue(named("mx.example")));
  ASSERT_TRUE(chain && chain->verified());
  EXPECT_LT(chain->chain_not_after, chain->leaf.not_after);
}

TEST_F(TlsObserverTest, Expired) {
  LeafOptions options = named("mx.example");
  options.validity = Validity{-hours(48), -hours(24)};
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::expired));
  EXPECT_EQ(chain->verify_error, "certificate has expired");
  EXPECT_TRUE(chain->name_matches);
  EXPECT_FALSE(chain->verified());
}

TEST_F(TlsObserverTest, ExpiredIntermediateIsNamed) {
  AuthorityOptions old;
  old.common_name = "Old Intermediate";
  old.validity = Validity{-hours(48), -hours(24)};
  PeerChainPtr chain = chain_of(root_.intermediate(old).issue(named("mx.example")));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::expired));
  EXPECT_EQ(chain->verify_error, "certificate has expired (CN=Old Intermediate)");
}

TEST_F(TlsObserverTest, ExpiredIntermediateOfAnUnknownRootCountsToo) {
  AuthorityOptions old;
  old.validity = Validity{-hours(48), -hours(24)};
  PeerChainPtr chain =
      chain_of(CertificateAuthority::root().intermediate(old).issue(named("mx.example")));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::expired, ChainFault::incomplete));
}

TEST_F(TlsObserverTest, NotYetValid) {
  LeafOptions options = named("mx.example");
  options.validity = Validity{hours(24), hours(48)};
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::not_yet_valid));
}

TEST_F(TlsObserverTest, SelfSigned) {
  LeafOptions options = named("mx.example");
  options.common_name = "mx.example";
  PeerChainPtr chain = chain_of(fakes::self_signed(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::self_signed)) << chain->verify_error;
  EXPECT_TRUE(chain->leaf.self_issued);
}

TEST_F(TlsObserverTest, SelfSignedAndExpired) {
  LeafOptions options = named("mx.example");
  options.common_name = "mx.example";
  options.validity = Validity{-hours(48), -hours(24)};
  PeerChainPtr chain = chain_of(fakes::self_signed(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::expired, ChainFault::self_signed));
}

TEST_F(TlsObserverTest, UnknownRootSent) {
  AuthorityOptions options;
  options.common_name = "Private Root";
  LeafOptions leaf = named("mx.example");
  leaf.with_root = true;
  PeerChainPtr chain = chain_of(CertificateAuthority::root(options).intermediate().issue(leaf));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::untrusted));
  EXPECT_THAT(chain->verify_error, HasSubstr("self-signed certificate in certificate chain"));
  EXPECT_EQ(chain->presented_count, 3);
}

// A root need not be sent, but nothing tells an unknown root from a missing intermediate.
TEST_F(TlsObserverTest, UnknownRootNotSent) {
  PeerChainPtr chain =
      chain_of(CertificateAuthority::root().intermediate().issue(named("mx.example")));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
  EXPECT_EQ(chain->missing.subject, "CN=Test Root");
}

TEST_F(TlsObserverTest, MissingIntermediate) {
  LeafOptions options = named("mx.example");
  options.without_intermediates = true;
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
  EXPECT_EQ(chain->verify_error, "unable to get local issuer certificate");
}

TEST_F(TlsObserverTest, WrongIntermediate) {
  AuthorityOptions other;
  other.common_name = "Another Intermediate";
  LeafOptions options = named("mx.example");
  options.without_intermediates = true;
  Identity identity =
      fakes::with_appended(inner_.issue(options), root_.intermediate(other).certificate_pem());
  PeerChainPtr chain = chain_of(identity);
  ASSERT_TRUE(chain);
  EXPECT_EQ(chain->presented_count, 2);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete));
}

TEST_F(TlsObserverTest, ExpiredLeafWithoutIntermediate) {
  LeafOptions options = named("mx.example");
  options.without_intermediates = true;
  options.validity = Validity{-hours(48), -hours(24)};
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::expired, ChainFault::incomplete));
}

TEST_F(TlsObserverTest, WrongPurpose) {
  LeafOptions options = named("mx.example");
  options.extended_key_usage = "clientAuth";
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::purpose));
  EXPECT_THAT(chain->verify_error, HasSubstr("purpose"));
}

TEST_F(TlsObserverTest, WeakKeyIsNoFault) {
  LeafOptions options = named("mx.example");
  options.key = KeyType::rsa_1024;
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, IsEmpty()) << chain->verify_error;
  EXPECT_EQ(chain->weak_key, "RSA 1024 bits");
}

TEST_F(TlsObserverTest, WeakIntermediateKey) {
  AuthorityOptions weak;
  weak.key = KeyType::rsa_1024;
  PeerChainPtr chain = chain_of(root_.intermediate(weak).issue(named("mx.example")));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->verified()) << chain->verify_error;
  EXPECT_EQ(chain->weak_key, "RSA 1024 bits");
}

TEST_F(TlsObserverTest, WeakSignatureIsNoFaultButRefused) {
  LeafOptions options = named("mx.example");
  options.digest = fakes::SignatureDigest::sha1;
  PeerChainPtr chain = chain_of(inner_.issue(options));
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, IsEmpty()) << chain->verify_error;
  EXPECT_EQ(chain->weak_signature, "ecdsa-with-SHA1");
  EXPECT_FALSE(chain->verified());
}

TEST_F(TlsObserverTest, Sha1RootIsNoWeakness) {
  AuthorityOptions options;
  options.common_name = "Old Root";
  options.digest = fakes::SignatureDigest::sha1;
  CertificateAuthority old = CertificateAuthority::root(options);
  observer_ = observe_with(old.certificate_pem());
  LeafOptions leaf = named("mx.example");
  leaf.with_root = true;
  PeerChainPtr chain = chain_of(old.intermediate().issue(leaf));
  ASSERT_TRUE(chain);
  EXPECT_TRUE(chain->verified()) << chain->verify_error;
  EXPECT_EQ(chain->weak_signature, "");
}

}  // namespace
}  // namespace mtasts::net
