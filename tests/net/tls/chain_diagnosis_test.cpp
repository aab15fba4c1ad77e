// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a chain that does not verify lacks, by the certificates that the server sends.
#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "net/tls/tls_observer_fixture.h"

namespace mtasts::net {
namespace {

using fakes::AuthorityOptions;
using fakes::CertificateAuthority;
using fakes::Identity;
using fakes::LeafOptions;
using fakes::SignatureDigest;
using fakes::Validity;
using protocol::ChainFault;
using protocol::PeerChainPtr;
using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

AuthorityOptions authority(const std::string& common_name) {
  AuthorityOptions options;
  options.common_name = common_name;
  return options;
}

LeafOptions leaf_alone(const std::string& name) {
  LeafOptions options;
  options.dns_names = {name};
  options.common_name = name;
  options.without_intermediates = true;
  return options;
}

class ChainDiagnosisTest : public TlsObserverTest {
 protected:
  // A leaf of `issuer`, followed by the certificates of `others`.
  PeerChainPtr sent(const CertificateAuthority& issuer,
                    const std::vector<CertificateAuthority>& others,
                    LeafOptions options = leaf_alone("mx.example")) {
    Identity identity = issuer.issue(options);
    for (const CertificateAuthority& other : others)
      identity = fakes::with_appended(identity, other.certificate_pem());
    return chain_of(identity);
  }

  CertificateAuthority cross_ = root_.intermediate(authority("Root YE"));
  CertificateAuthority first_ = cross_.intermediate(authority("YE1"));
};

TEST_F(ChainDiagnosisTest, CrossSignedSecondIntermediateMissing) {
  PeerChainPtr chain = sent(first_, {first_});
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
  EXPECT_EQ(chain->missing.subject, "CN=Root YE");
  EXPECT_EQ(chain->missing.issued, "CN=YE1");
  EXPECT_EQ(chain->missing.sent_instead, "");
  EXPECT_EQ(chain->missing.url, "");
}

TEST_F(ChainDiagnosisTest, AuthorityPublishesTheMissingCertificate) {
  struct {
    const char* access;
    const char* url;
  } const cases[] = {
      {"caIssuers;URI:http://ye.i.example/", "http://ye.i.example/"},
      {"caIssuers;URI:HTTPS://ye.i.example/a.cer", "HTTPS://ye.i.example/a.cer"},
      {"OCSP;URI:http://ocsp.example/,caIssuers;URI:http://i.example/", "http://i.example/"},
      {"OCSP;URI:http://ocsp.example/", ""},
      {"caIssuers;URI:ldap://dc.example/cn=ca", ""},
      {"caIssuers;URI:ldap://dc.example/cn=ca,caIssuers;URI:http://pki.example/ca.crt",
       "http://pki.example/ca.crt"},
      {"caIssuers;URI:file:///etc/passwd", ""},
      {"caIssuers;URI:http://i.example/a b", ""},
      {"caIssuers;URI:http://i.example/<script>", ""},
      {"caIssuers;DNS:i.example", ""},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.access);
    AuthorityOptions options = authority("YE2");
    options.access = one.access;
    CertificateAuthority issuer = cross_.intermediate(options);
    PeerChainPtr chain = sent(issuer, {issuer});
    ASSERT_TRUE(chain);
    EXPECT_EQ(chain->missing.url, one.url);
    LeafOptions leaf = leaf_alone("mx.example");
    leaf.access = one.access;
    chain = sent(first_, {}, leaf);
    EXPECT_EQ(chain->missing.url, one.url);
    EXPECT_EQ(chain->missing.subject, "CN=YE1");
  }
}

TEST_F(ChainDiagnosisTest, LongUrlIsLeftOut) {
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.access = "caIssuers;URI:http://i.example/" + std::string(300, 'a');
  EXPECT_EQ(sent(first_, {}, leaf)->missing.url, "");
}

TEST_F(ChainDiagnosisTest, PublicLogIsNoted) {
  LeafOptions leaf = leaf_alone("mx.example");
  EXPECT_FALSE(sent(first_, {}, leaf)->publicly_issued);
  leaf.publicly_logged = true;
  EXPECT_TRUE(sent(first_, {}, leaf)->publicly_issued);
}

// OpenSSL, Go and GnuTLS look for the issuer among all certificates sent.
TEST_F(ChainDiagnosisTest, OrderAndDuplicatesDoNotMatter) {
  for (const auto& others : {std::vector{cross_, first_}, std::vector{first_, cross_, first_},
                             std::vector{root_, cross_, first_}}) {
    PeerChainPtr chain = sent(first_, others);
    ASSERT_TRUE(chain);
    EXPECT_TRUE(chain->verified()) << chain->verify_error;
  }
  Identity twice = first_.issue(leaf_alone("mx.example"));
  twice = fakes::with_appended(twice, twice.certificate_chain_pem);
  twice = fakes::with_appended(twice, first_.certificate_pem() + cross_.certificate_pem());
  EXPECT_TRUE(chain_of(twice)->verified());
}

TEST_F(ChainDiagnosisTest, AnotherCertificateInsteadOfTheRightOne) {
  CertificateAuthority other = root_.intermediate(authority("Other CA"));
  PeerChainPtr chain = sent(first_, {other});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete));
  EXPECT_EQ(chain->missing.subject, "CN=YE1");
  EXPECT_EQ(chain->missing.issued, "CN=mx.example");
  EXPECT_EQ(chain->missing.sent_instead, "CN=Other CA");
}

TEST_F(ChainDiagnosisTest, RootSentWithoutTheIntermediate) {
  PeerChainPtr chain = sent(first_, {root_});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
  EXPECT_EQ(chain->missing.subject, "CN=YE1");
  EXPECT_EQ(chain->missing.sent_instead, "CN=Test Root");
}

TEST_F(ChainDiagnosisTest, UnknownRootSentWithoutTheIntermediate) {
  CertificateAuthority foreign = CertificateAuthority::root(authority("Private Root"));
  PeerChainPtr chain = sent(foreign.intermediate(authority("Private CA")), {foreign});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
  EXPECT_EQ(chain->missing.subject, "CN=Private CA");
}

TEST_F(ChainDiagnosisTest, OldGenerationOfTheAuthority) {
  for (bool identifiers : {true, false}) {
    SCOPED_TRACE(identifiers);
    AuthorityOptions options = authority("Same Name");
    options.key_identifiers = identifiers;
    CertificateAuthority old = root_.intermediate(options);
    CertificateAuthority today = root_.intermediate(options);
    LeafOptions leaf = leaf_alone("mx.example");
    leaf.key_identifiers = identifiers;
    PeerChainPtr chain = sent(today, {old}, leaf);
    ASSERT_TRUE(chain);
    EXPECT_THAT(chain->faults, ElementsAre(ChainFault::incomplete)) << chain->verify_error;
    EXPECT_EQ(chain->missing.subject, "CN=Same Name");
    EXPECT_EQ(chain->missing.sent_instead, "CN=Same Name");
    // Without key identifiers OpenSSL takes the first certificate of that name.
    EXPECT_EQ(sent(today, {old, today}, leaf)->verified(), identifiers);
    EXPECT_TRUE(sent(today, {today, old}, leaf)->verified());
  }
}

TEST_F(ChainDiagnosisTest, OldGenerationOfAPrivateRootIsNotMixedUp) {
  AuthorityOptions options = authority("Private Root");
  options.key_identifiers = false;
  CertificateAuthority old = CertificateAuthority::root(options);
  CertificateAuthority today = CertificateAuthority::root(options);
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.key_identifiers = false;
  EXPECT_THAT(sent(today, {old}, leaf)->faults, ElementsAre(ChainFault::incomplete));
  EXPECT_THAT(sent(today, {today}, leaf)->faults, ElementsAre(ChainFault::untrusted));
}

TEST_F(ChainDiagnosisTest, ForgedNameOfATrustedRoot) {
  AuthorityOptions options = authority("Test Root");
  options.key_identifiers = false;
  CertificateAuthority forged = CertificateAuthority::root(options);
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.key_identifiers = false;
  PeerChainPtr chain = sent(forged, {}, leaf);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::bad_signature)) << chain->verify_error;
}

TEST_F(ChainDiagnosisTest, UnknownRootIsNamed) {
  CertificateAuthority foreign = CertificateAuthority::root(authority("Private Root"));
  PeerChainPtr chain = sent(foreign, {foreign});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::untrusted));
  EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Private Root"));
  EXPECT_EQ(chain->missing.subject, "");
}

TEST_F(ChainDiagnosisTest, ExpiredCrossSignBesideAValidPath) {
  CertificateAuthority old_root = CertificateAuthority::root(authority("Old Root"));
  AuthorityOptions expired;
  expired.validity = Validity{-hours(48), -hours(24)};
  CertificateAuthority old_cross = root_.cross_signed_by(old_root, expired);
  EXPECT_TRUE(sent(inner_, {inner_, old_cross})->verified());
  EXPECT_TRUE(sent(inner_, {old_cross, inner_, old_root})->verified());
  CertificateAuthority expired_inner = inner_.cross_signed_by(root_, expired);
  EXPECT_TRUE(sent(inner_, {expired_inner, inner_})->verified());
  EXPECT_TRUE(sent(inner_, {inner_, expired_inner})->verified());
  PeerChainPtr alone = sent(inner_, {expired_inner});
  EXPECT_THAT(alone->faults, ElementsAre(ChainFault::expired));
  EXPECT_THAT(alone->fault_subjects, ElementsAre("CN=Test Intermediate"));
}

TEST_F(ChainDiagnosisTest, NameConstraint) {
  for (const char* constraints :
       {"critical,permitted;DNS:other.example", "excluded;DNS:mx.example"}) {
    SCOPED_TRACE(constraints);
    AuthorityOptions options = authority("Constrained CA");
    options.name_constraints = constraints;
    CertificateAuthority constrained = root_.intermediate(options);
    PeerChainPtr chain = sent(constrained, {constrained});
    EXPECT_THAT(chain->faults, ElementsAre(ChainFault::name_constraint)) << chain->verify_error;
    EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Constrained CA"));
    EXPECT_FALSE(chain->verified());
    CertificateAuthority below = constrained.intermediate(authority("Below"));
    chain = sent(below, {below, constrained});
    EXPECT_THAT(chain->faults, ElementsAre(ChainFault::name_constraint));
    EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Constrained CA"));
  }
  AuthorityOptions fitting = authority("Fitting CA");
  fitting.name_constraints = "critical,permitted;DNS:example";
  CertificateAuthority constrained = root_.intermediate(fitting);
  EXPECT_TRUE(sent(constrained, {constrained})->verified());
}

TEST_F(ChainDiagnosisTest, Purpose) {
  struct {
    const char* usage;
    bool fault;
    bool any;
  } const cases[] = {
      {"serverAuth", false, false},
      {"", false, false},
      {"clientAuth,serverAuth", false, false},
      {"anyExtendedKeyUsage,serverAuth", false, false},
      {"anyExtendedKeyUsage", false, true},
      {"clientAuth", true, false},
      {"emailProtection,codeSigning", true, false},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.usage);
    LeafOptions leaf = leaf_alone("mx.example");
    leaf.extended_key_usage = one.usage;
    PeerChainPtr chain = sent(inner_, {inner_}, leaf);
    EXPECT_EQ(!chain->faults.empty(), one.fault) << chain->verify_error;
    if (one.fault) {
      EXPECT_THAT(chain->faults, ElementsAre(ChainFault::purpose));
    }
    EXPECT_EQ(chain->any_purpose, one.any ? "CN=mx.example" : "");
    EXPECT_EQ(chain->verified(), !one.fault);
    AuthorityOptions options = authority("Limited CA");
    options.extended_key_usage = one.usage;
    CertificateAuthority limited = root_.intermediate(options);
    chain = sent(limited, {limited});
    EXPECT_EQ(!chain->faults.empty(), one.fault) << chain->verify_error;
    if (one.fault) {
      EXPECT_THAT(chain->faults, ElementsAre(ChainFault::purpose));
      EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Limited CA"));
    }
    EXPECT_EQ(chain->any_purpose, one.any ? "CN=Limited CA" : "");
  }
  LeafOptions no_tls = leaf_alone("mx.example");
  no_tls.key_usage = "critical,keyCertSign";
  EXPECT_THAT(sent(inner_, {inner_}, no_tls)->faults, ElementsAre(ChainFault::purpose));
}

TEST_F(ChainDiagnosisTest, LeafMayBeAnAuthority) {
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.basic_constraints = "critical,CA:TRUE";
  EXPECT_TRUE(sent(inner_, {inner_}, leaf)->verified());
  leaf.basic_constraints = "";
  EXPECT_TRUE(sent(inner_, {inner_}, leaf)->verified());
}

TEST_F(ChainDiagnosisTest, SignerIsNoAuthority) {
  AuthorityOptions no_authority = authority("No CA");
  no_authority.basic_constraints = "critical,CA:FALSE";
  AuthorityOptions version_1 = authority("No CA");
  version_1.version_1 = true;
  for (const AuthorityOptions& options : {no_authority, version_1}) {
    CertificateAuthority signer = root_.intermediate(options);
    LeafOptions leaf = leaf_alone("mx.example");
    leaf.key_identifiers = !options.version_1;
    PeerChainPtr chain = sent(signer, {signer}, leaf);
    EXPECT_THAT(chain->faults, ElementsAre(ChainFault::not_a_ca)) << chain->verify_error;
    EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=No CA"));
  }
}

TEST_F(ChainDiagnosisTest, Version1Leaf) {
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.version_1 = true;
  PeerChainPtr chain = sent(inner_, {inner_}, leaf);
  ASSERT_TRUE(chain);
  EXPECT_THAT(chain->faults, IsEmpty());
  EXPECT_FALSE(chain->verified());
  EXPECT_TRUE(chain->name_only_in_cn) << "there is no subjectAltName in version 1";
}

TEST_F(ChainDiagnosisTest, PathLength) {
  AuthorityOptions options = authority("Short CA");
  options.basic_constraints = "critical,CA:TRUE,pathlen:0";
  CertificateAuthority shortened = root_.intermediate(options);
  EXPECT_TRUE(sent(shortened, {shortened})->verified());
  CertificateAuthority below = shortened.intermediate(authority("Below"));
  PeerChainPtr chain = sent(below, {below, shortened});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::path_length)) << chain->verify_error;
  EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Short CA"));
}

TEST_F(ChainDiagnosisTest, CriticalExtension) {
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.unknown_extension = "DER:0500";
  EXPECT_TRUE(sent(inner_, {inner_}, leaf)->verified());
  leaf.unknown_extension = "critical,DER:0500";
  PeerChainPtr chain = sent(inner_, {inner_}, leaf);
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::critical_extension)) << chain->verify_error;
  AuthorityOptions options = authority("Odd CA");
  options.unknown_extension = "critical,DER:0500";
  CertificateAuthority odd = root_.intermediate(options);
  chain = sent(odd, {odd});
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::critical_extension));
  EXPECT_THAT(chain->fault_subjects, ElementsAre("CN=Odd CA"));
}

TEST_F(ChainDiagnosisTest, WeakSignatureIsRefused) {
  for (SignatureDigest digest : {SignatureDigest::sha1, SignatureDigest::md5}) {
    fakes::AuthorityOptions rsa = authority("RSA Root");
    rsa.key = fakes::KeyType::rsa_2048;
    rsa.digest = digest;  // of the trust anchor itself: harmless
    CertificateAuthority root = CertificateAuthority::root(rsa);
    observer_ = observe_with(root.certificate_pem());
    EXPECT_TRUE(sent(root, {root})->verified());
    const std::string name =
        digest == SignatureDigest::sha1 ? "sha1WithRSAEncryption" : "md5WithRSAEncryption";
    LeafOptions leaf = leaf_alone("mx.example");
    leaf.digest = digest;
    PeerChainPtr chain = sent(root, {}, leaf);
    EXPECT_THAT(chain->faults, IsEmpty());
    EXPECT_EQ(chain->weak_signature, name);
    EXPECT_FALSE(chain->verified());
    EXPECT_EQ(chain->verify_error, "signature algorithm too weak: " + name);
    AuthorityOptions weak = authority("Weak CA");
    weak.digest = digest;
    CertificateAuthority inner = root.intermediate(weak);
    chain = sent(inner, {inner});
    EXPECT_EQ(chain->weak_signature, name);
    EXPECT_FALSE(chain->verified());
  }
}

TEST_F(ChainDiagnosisTest, WeakCrossSignThatIsNotUsed) {
  CertificateAuthority old_root = CertificateAuthority::root(authority("Old Root"));
  AuthorityOptions weak;
  weak.digest = SignatureDigest::sha1;
  PeerChainPtr chain = sent(inner_, {inner_, root_.cross_signed_by(old_root, weak)});
  EXPECT_EQ(chain->weak_signature, "");
  EXPECT_TRUE(chain->verified());
}

TEST_F(ChainDiagnosisTest, SelfSignedSignatureIsNotChecked) {
  LeafOptions leaf = leaf_alone("mx.example");
  leaf.digest = SignatureDigest::sha1;
  PeerChainPtr chain = chain_of(fakes::self_signed(leaf));
  EXPECT_THAT(chain->faults, ElementsAre(ChainFault::self_signed));
  EXPECT_EQ(chain->weak_signature, "");
}

}  // namespace
}  // namespace mtasts::net
