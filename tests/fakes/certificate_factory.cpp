// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/certificate_factory.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <utility>

namespace mtasts::fakes {
namespace {

struct OpensslFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Bio = std::unique_ptr<BIO, OpensslFree>;
using Key = std::unique_ptr<EVP_PKEY, OpensslFree>;
using X509Ptr = std::unique_ptr<X509, OpensslFree>;
using Extension = std::unique_ptr<X509_EXTENSION, OpensslFree>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("certificate factory: ") + what);
}

Key make_key(KeyType type) {
  switch (type) {
    case KeyType::ec_p256:
      return Key(EVP_EC_gen("P-256"));
    case KeyType::ec_p384:
      return Key(EVP_EC_gen("P-384"));
    case KeyType::ec_p192:
      return Key(EVP_EC_gen("P-192"));
    case KeyType::ed25519:
      return Key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyType::rsa_1024:
      return Key(EVP_RSA_gen(1024));
    case KeyType::rsa_2048:
      return Key(EVP_RSA_gen(2048));
    case KeyType::rsa_4096:
      return Key(EVP_RSA_gen(4096));
  }
  return nullptr;
}

std::string contents_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<size_t>(size));
}

std::string pem_of(X509* certificate) {
  Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509(bio.get(), certificate) == 1, "cannot write a certificate");
  return contents_of(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  Bio bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "cannot write a key");
  return contents_of(bio.get());
}

void set_common_name(X509* certificate, const std::string& common_name) {
  if (common_name.empty()) return;
  X509_NAME* name = X509_get_subject_name(certificate);
  auto* octets = reinterpret_cast<const unsigned char*>(common_name.data());
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, octets,
                                     static_cast<int>(common_name.size()), -1, 0) == 1,
          "cannot set the name");
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
          "cannot add an extension");
}

// The names are copied octet by octet: a test may put a NUL into one.
void add_dns_names(X509* certificate, const std::vector<std::string>& dns_names) {
  if (dns_names.empty()) return;
  GENERAL_NAMES* names = sk_GENERAL_NAME_new_null();
  for (const std::string& dns_name : dns_names) {
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, dns_name.data(), static_cast<int>(dns_name.size()));
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(names, name);
  }
  int added = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0);
  GENERAL_NAMES_free(names);
  require(added == 1, "cannot add the SAN");
}

X509Ptr make_certificate(EVP_PKEY* key, const std::string& common_name, const Validity& validity) {
  X509Ptr certificate(X509_new());
  require(certificate && key, "cannot make a key");
  X509_set_version(certificate.get(), X509_VERSION_3);
  uint32_t serial = 0;
  RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial + uint64_t{1});
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), validity.not_before.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.not_after.count());
  set_common_name(certificate.get(), common_name);
  require(X509_set_pubkey(certificate.get(), key) == 1, "cannot set the public key");
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key, SignatureDigest digest) {
  const EVP_MD* algorithm = digest == SignatureDigest::sha1  ? EVP_sha1()
                            : digest == SignatureDigest::md5 ? EVP_md5()
                                                             : EVP_sha256();
  if (EVP_PKEY_is_a(key, "ED25519")) algorithm = nullptr;
  require(X509_sign(certificate, key, algorithm) > 0, "cannot sign");
}

// Real authorities add them too: they distinguish two authorities with the same name.
void add_key_identifiers(X509* certificate, X509* issuer) {
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  if (certificate != issuer)
    add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
}

void add_extension_if(X509* certificate, X509* issuer, int nid, const std::string& value) {
  if (!value.empty()) add_extension(certificate, issuer, nid, value);
}

// The OID is below 2.25 (a UUID), which nobody reads.
void add_unknown_extension(X509* certificate, const std::string& value) {
  if (value.empty()) return;
  Extension extension(X509V3_EXT_conf(nullptr, nullptr, "2.25.4711", value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1,
          "cannot add an unknown extension");
}

void add_authority_extensions(X509* certificate, X509* issuer, const AuthorityOptions& options) {
  if (options.version_1) {
    X509_set_version(certificate, X509_VERSION_1);
    return;
  }
  add_extension_if(certificate, issuer, NID_basic_constraints, options.basic_constraints);
  if (options.basic_constraints.find("TRUE") != std::string::npos)
    add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  if (options.key_identifiers) add_key_identifiers(certificate, issuer);
  add_extension_if(certificate, issuer, NID_name_constraints, options.name_constraints);
  add_extension_if(certificate, issuer, NID_ext_key_usage, options.extended_key_usage);
  add_extension_if(certificate, issuer, NID_info_access, options.access);
  add_unknown_extension(certificate, options.unknown_extension);
}

void add_leaf_extensions(X509* certificate, X509* issuer, const LeafOptions& options) {
  if (options.version_1) {
    X509_set_version(certificate, X509_VERSION_1);
    return;
  }
  add_extension_if(certificate, issuer, NID_basic_constraints, options.basic_constraints);
  add_extension_if(certificate, issuer, NID_key_usage, options.key_usage);
  if (options.key_identifiers) add_key_identifiers(certificate, issuer);
  add_extension_if(certificate, issuer, NID_ext_key_usage, options.extended_key_usage);
  add_extension_if(certificate, issuer, NID_info_access, options.access);
  add_unknown_extension(certificate, options.unknown_extension);
  add_dns_names(certificate, options.dns_names);
  if (!options.publicly_logged) return;
  Extension list(X509V3_EXT_conf(nullptr, nullptr, "1.3.6.1.4.1.11129.2.4.2", "DER:04020000"));
  require(list && X509_add_ext(certificate, list.get(), -1) == 1, "cannot add timestamps");
}

}  // namespace

struct CertificateAuthority::State {
  Key key;
  X509Ptr certificate;
  std::shared_ptr<const State> issuer;  // null for a root

  // PEM of this authority and those above it, with or without the root.
  std::string chain_pem(bool with_root) const {
    if (!issuer) return with_root ? pem_of(certificate.get()) : std::string();
    return pem_of(certificate.get()) + issuer->chain_pem(with_root);
  }
};

CertificateAuthority::CertificateAuthority(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

CertificateAuthority CertificateAuthority::root(const AuthorityOptions& options) {
  auto state = std::make_shared<State>();
  state->key = make_key(options.key);
  const std::string name = options.common_name.empty() ? "Test Root" : options.common_name;
  state->certificate = make_certificate(state->key.get(), name, options.validity);
  X509* certificate = state->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_authority_extensions(certificate, certificate, options);
  sign(certificate, state->key.get(), options.digest);
  return CertificateAuthority(std::move(state));
}

CertificateAuthority CertificateAuthority::intermediate(const AuthorityOptions& options) const {
  auto state = std::make_shared<State>();
  state->key = make_key(options.key);
  const std::string name = options.common_name.empty() ? "Test Intermediate" : options.common_name;
  state->certificate = make_certificate(state->key.get(), name, options.validity);
  X509* certificate = state->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(state_->certificate.get()));
  add_authority_extensions(certificate, state_->certificate.get(), options);
  sign(certificate, state_->key.get(), options.digest);
  state->issuer = state_;
  return CertificateAuthority(std::move(state));
}

CertificateAuthority CertificateAuthority::cross_signed_by(const CertificateAuthority& issuer,
                                                           const AuthorityOptions& options) const {
  auto state = std::make_shared<State>();
  EVP_PKEY_up_ref(state_->key.get());
  state->key.reset(state_->key.get());
  state->certificate = make_certificate(state->key.get(), "", options.validity);
  X509* certificate = state->certificate.get();
  X509* signer = issuer.state_->certificate.get();
  X509_set_subject_name(certificate, X509_get_subject_name(state_->certificate.get()));
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  add_authority_extensions(certificate, signer, options);
  sign(certificate, issuer.state_->key.get(), options.digest);
  state->issuer = issuer.state_;
  return CertificateAuthority(std::move(state));
}

Identity CertificateAuthority::issue(const LeafOptions& options) const {
  Key key = make_key(options.key);
  X509Ptr leaf = make_certificate(key.get(), options.common_name, options.validity);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(state_->certificate.get()));
  add_leaf_extensions(leaf.get(), state_->certificate.get(), options);
  sign(leaf.get(), state_->key.get(), options.digest);
  Identity identity;
  identity.certificate_chain_pem = pem_of(leaf.get());
  if (!options.without_intermediates)
    identity.certificate_chain_pem += state_->chain_pem(options.with_root);
  identity.private_key_pem = pem_of(key.get());
  return identity;
}

std::string CertificateAuthority::certificate_pem() const {
  return pem_of(state_->certificate.get());
}

Identity self_signed(const LeafOptions& options) {
  Key key = make_key(options.key);
  X509Ptr leaf = make_certificate(key.get(), options.common_name, options.validity);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(leaf.get()));
  add_leaf_extensions(leaf.get(), leaf.get(), options);
  sign(leaf.get(), key.get(), options.digest);
  return Identity{pem_of(leaf.get()), pem_of(key.get())};
}

std::string der_of(std::string_view pem) {
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  require(certificate != nullptr, "not PEM");
  Bio out(BIO_new(BIO_s_mem()));
  require(i2d_X509_bio(out.get(), certificate.get()) == 1, "cannot write DER");
  return contents_of(out.get());
}

Identity with_appended(Identity identity, std::string_view more_pem) {
  identity.certificate_chain_pem += more_pem;
  return identity;
}

TemporaryDirectory::TemporaryDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "mtasts-test-XXXXXX").string();
  require(mkdtemp(pattern.data()) != nullptr, "cannot make a temporary directory");
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path write_pem(const std::filesystem::path& directory, std::string_view name,
                                std::string_view pem) {
  std::filesystem::path path = directory / name;
  std::ofstream file(path, std::ios::binary);
  file << pem;
  require(file.flush().good(), "cannot write a file");
  return path;
}

}  // namespace mtasts::fakes
