// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/hostile_tls.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/dh.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <stdexcept>

namespace mtasts::fakes {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
template <typename Object>
using Owned = std::unique_ptr<Object, Free>;

template <typename Object>
Object* checked(Object* object) {
  if (object == nullptr) throw std::runtime_error("OpenSSL failed");
  return object;
}

// Odd, with the highest bit set.
Owned<BIGNUM> large_number(int bits) {
  Owned<BIGNUM> number(checked(BN_new()));
  BN_rand(number.get(), bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ODD);
  return number;
}

Owned<EVP_PKEY> key_from(const char* type, OSSL_PARAM_BLD* builder, int selection) {
  Owned<OSSL_PARAM> parameters(checked(OSSL_PARAM_BLD_to_param(builder)));
  Owned<EVP_PKEY_CTX> context(checked(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr)));
  EVP_PKEY* key = nullptr;
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY_fromdata(context.get(), &key, selection, parameters.get());
  return Owned<EVP_PKEY>(checked(key));
}

// The largest exponent that OpenSSL allows with a modulus over 3072 bits has 64 bits.
Owned<EVP_PKEY> large_rsa_key(int bits) {
  Owned<BIGNUM> modulus = large_number(bits);
  Owned<BIGNUM> exponent = large_number(bits > 3072 ? 64 : bits - 1);
  Owned<OSSL_PARAM_BLD> builder(checked(OSSL_PARAM_BLD_new()));
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  return key_from("RSA", builder.get(), EVP_PKEY_PUBLIC_KEY);
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = checked(X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()));
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Owned<X509> certificate(const std::string& subject, const std::string& issuer, EVP_PKEY* key,
                        bool authority) {
  Owned<X509> made(checked(X509_new()));
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600L * 24 * 60);
  auto add_name = [](X509_NAME* name, const std::string& text) {
    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()), -1, 0);
  };
  add_name(X509_get_subject_name(made.get()), subject);
  add_name(X509_get_issuer_name(made.get()), issuer);
  X509_set_pubkey(made.get(), key);
  if (authority) add_extension(made.get(), NID_basic_constraints, "critical,CA:TRUE");
  return made;
}

Owned<EVP_PKEY> small_key() { return Owned<EVP_PKEY>(checked(EVP_EC_gen("P-256"))); }

// A signature of the right size for the issuer's key, which says nothing.
void sign_falsely(X509* certificate, size_t size_bytes) {
  static const Owned<EVP_PKEY> signer(checked(EVP_RSA_gen(2048)));
  X509_sign(certificate, signer.get(), EVP_sha256());
  const ASN1_BIT_STRING* signature = nullptr;
  X509_get0_signature(&signature, nullptr, certificate);
  const std::string octets(size_bytes, '\x11');
  ASN1_STRING_set(const_cast<ASN1_BIT_STRING*>(signature), octets.data(),
                  static_cast<int>(octets.size()));
}

std::string name_of_level(int level) { return "level " + std::to_string(level); }

}  // namespace

void FreeContext::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

ServerContext tls_server(const Identity& identity, int version) {
  ServerContext context(checked(SSL_CTX_new(TLS_server_method())));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), version);
  SSL_CTX_set_max_proto_version(context.get(), version);
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_max_cert_list(context.get(), 1 << 20);
  auto reader = [](const std::string& pem) {
    return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  };
  Owned<BIO> chain = reader(identity.certificate_chain_pem);
  Owned<X509> leaf(checked(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr)));
  Owned<BIO> keys = reader(identity.private_key_pem);
  Owned<EVP_PKEY> key(checked(PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, nullptr)));
  SSL_CTX_use_certificate(context.get(), leaf.get());
  SSL_CTX_use_PrivateKey(context.get(), key.get());
  while (X509* next = PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr))
    SSL_CTX_add0_chain_cert(context.get(), next);
  ERR_clear_error();
  return context;
}

void use_large_group(SSL_CTX* context, int bits) {
  Owned<BIGNUM> modulus = large_number(bits);
  Owned<BIGNUM> generator(checked(BN_new()));
  BN_set_word(generator.get(), 2);
  Owned<OSSL_PARAM_BLD> builder(checked(OSSL_PARAM_BLD_new()));
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_P, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_FFC_G, generator.get());
  Owned<EVP_PKEY> group = key_from("DH", builder.get(), EVP_PKEY_KEY_PARAMETERS);
  if (SSL_CTX_set0_tmp_dh_pkey(context, group.get()) == 1) group.release();
  SSL_CTX_set_cipher_list(context, "kDHE:!eNULL");
}

void use_known_group(SSL_CTX* context, const char* name) {
  Owned<OSSL_PARAM_BLD> builder(checked(OSSL_PARAM_BLD_new()));
  OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, name, 0);
  Owned<EVP_PKEY> group = key_from("DH", builder.get(), EVP_PKEY_KEY_PARAMETERS);
  if (SSL_CTX_set0_tmp_dh_pkey(context, group.get()) == 1) group.release();
  SSL_CTX_set_cipher_list(context, "kDHE:!eNULL");
}

void use_long_list(SSL_CTX* context, ListedKey key, size_t size_bytes) {
  Owned<EVP_PKEY> own = small_key();
  Owned<EVP_PKEY> listed = small_key();
  if (key == ListedKey::ed25519)
    listed.reset(checked(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")));
  if (key == ListedKey::explicit_curve)
    EVP_PKEY_set_utf8_string_param(listed.get(), OSSL_PKEY_PARAM_EC_ENCODING,
                                   OSSL_PKEY_EC_ENCODING_EXPLICIT);
  Owned<X509> leaf = certificate("leaf", "a", own.get(), false);
  X509_sign(leaf.get(), own.get(), EVP_sha256());
  Owned<X509> next = certificate("a", "b", listed.get(), false);
  X509_sign(next.get(), own.get(), EVP_sha256());
  SSL_CTX_use_certificate(context, leaf.get());
  SSL_CTX_use_PrivateKey(context, own.get());
  SSL_CTX_clear_chain_certs(context);
  // Five octets beside each certificate (RFC 8446 §4.4.2).
  const size_t each = static_cast<size_t>(i2d_X509(next.get(), nullptr)) + 5;
  for (size_t i = 2; i * each < size_bytes; ++i) SSL_CTX_add1_chain_cert(context, next.get());
}

void use_large_keys(SSL_CTX* context, int bits, int depth) {
  Owned<EVP_PKEY> own = small_key();
  Owned<EVP_PKEY> large = large_rsa_key(bits);
  for (int level = 0; level <= depth; ++level) {
    Owned<X509> made = certificate(name_of_level(level), name_of_level(level + 1),
                                   level == 0 ? own.get() : large.get(), level > 0);
    sign_falsely(made.get(), static_cast<size_t>(bits) / 8);
    if (level == 0) {
      SSL_CTX_use_certificate(context, made.get());
      SSL_CTX_use_PrivateKey(context, own.get());
      SSL_CTX_clear_chain_certs(context);
    } else {
      SSL_CTX_add1_chain_cert(context, made.get());
    }
  }
}

void use_many_constraints(SSL_CTX* context, int names, int constraints, int depth) {
  Owned<EVP_PKEY> own = small_key();
  std::string excluded = "excluded;DNS:x0";
  for (int i = 1; i < constraints; ++i) excluded += ",excluded;DNS:x" + std::to_string(i);
  std::string alternatives = "DNS:a0";
  for (int i = 1; i < names; ++i) alternatives += ",DNS:a" + std::to_string(i);
  for (int level = 0; level <= depth; ++level) {
    Owned<X509> made =
        certificate(name_of_level(level), name_of_level(level + 1), own.get(), level > 0);
    add_extension(made.get(), level == 0 ? NID_subject_alt_name : NID_name_constraints,
                  level == 0 ? alternatives : excluded);
    X509_sign(made.get(), own.get(), EVP_sha256());
    if (level == 0) {
      SSL_CTX_use_certificate(context, made.get());
      SSL_CTX_use_PrivateKey(context, own.get());
      SSL_CTX_clear_chain_certs(context);
    } else {
      SSL_CTX_add1_chain_cert(context, made.get());
    }
  }
}

std::string hello_requests(size_t size_bytes) {
  constexpr size_t kRecord_bytes = 16384;
  std::string record("\x16\x03\x03\x40\x00", 5);
  record.append(kRecord_bytes, '\0');  // type 0, length 0: four octets each
  std::string records;
  while (records.size() < size_bytes) records += record;
  return records;
}

}  // namespace mtasts::fakes
