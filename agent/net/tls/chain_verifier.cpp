// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/chain_verifier.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "net/tls/chain_diagnosis.h"
#include "net/tls/effort_limit.h"
#include "protocol/x509/name_constraints.h"

namespace mtasts::net {
namespace {

using protocol::CertificateTime;
using protocol::PeerChain;

constexpr int kDeepestChain = 16;       // the Web's chains have at most 4 certificates
constexpr size_t kMostErrors = 64;      // per verification; more add no information
constexpr int kSmallestRsaBits = 2048;  // CA/Browser Forum Baseline Requirements §6.1.5
constexpr int kSmallestEcBits = 224;

struct Verification {
  std::vector<VerifyError> errors;
  EffortClock clock;
  bool too_long = false;
};

int errors_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Called by OpenSSL for every certificate, after its signature, and for every error; continuing
// collects all of them.
int note_error(int ok, X509_STORE_CTX* context) {
  auto* found = static_cast<Verification*>(X509_STORE_CTX_get_ex_data(context, errors_index()));
  if (found == nullptr) return 1;
  if (ok == 0 && found->errors.size() < kMostErrors)
    found->errors.push_back(
        {X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context)});
  found->too_long |= found->clock.exceeds(kLongestVerification);
  return found->too_long ? 0 : 1;
}

// The chain OpenSSL built, or the presented one when it built none.
const STACK_OF(X509) * used_chain(X509_STORE_CTX* context) {
  const STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  return sk_X509_num(built) > 0 ? built : X509_STORE_CTX_get0_untrusted(context);
}

bool is_self_signed(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_SS) != 0;
}

// Checks the dates of every certificate of the chain: OpenSSL skips the last one when the root is
// unknown.
void add_date_errors(const STACK_OF(X509) * chain, CertificateTime now,
                     std::vector<VerifyError>& errors) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    protocol::ValidityPeriod validity = protocol::validity_of(sk_X509_value(chain, i));
    if (now >= validity.not_after) errors.push_back({X509_V_ERR_CERT_HAS_EXPIRED, i});
    if (now < validity.not_before) errors.push_back({X509_V_ERR_CERT_NOT_YET_VALID, i});
  }
}

std::string weak_key_of(X509* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return {};
  int bits = EVP_PKEY_get_bits(key);
  const char* type = nullptr;
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      type = bits < kSmallestRsaBits ? "RSA" : nullptr;
      break;
    case EVP_PKEY_DSA:
      type = bits < kSmallestRsaBits ? "DSA" : nullptr;
      break;
    case EVP_PKEY_EC:
      type = bits < kSmallestEcBits ? "EC" : nullptr;
      break;
    default:
      break;
  }
  return type == nullptr ? std::string() : fmt::format("{} {} bits", type, bits);
}

// The name of a signature algorithm whose digest is broken. The name of RSASSA-PSS says nothing
// about its digest.
std::string weak_signature_of(X509* certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return {};
  bool weak = digest == NID_sha1 || digest == NID_md5 || digest == NID_md5_sha1 ||
              digest == NID_md4 || digest == NID_md2;
  if (!weak) return {};
  const int algorithm = X509_get_signature_nid(certificate);
  return algorithm == NID_rsassaPss
             ? fmt::format("{} with {}", OBJ_nid2ln(algorithm), OBJ_nid2sn(digest))
             : OBJ_nid2ln(algorithm);
}

// The signature of a self-signed certificate protects nothing and no sender checks it; the key of a
// root was accepted when it was put into the store.
void add_weaknesses(const STACK_OF(X509) * chain, PeerChain& result) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* certificate = sk_X509_value(chain, i);
    const bool self_signed = is_self_signed(certificate);
    if (result.weak_key.empty() && (i == 0 || !self_signed))
      result.weak_key = weak_key_of(certificate);
    if (result.weak_signature.empty() && !self_signed)
      result.weak_signature = weak_signature_of(certificate);
  }
}

void narrow_window(const STACK_OF(X509) * certificates, CertificateTime now,
                   VerifiedChain& result) {
  for (int i = 0; i < sk_X509_num(certificates); ++i) {
    protocol::ValidityPeriod validity = protocol::validity_of(sk_X509_value(certificates, i));
    for (CertificateTime limit : {validity.not_before, validity.not_after}) {
      if (limit <= now) result.holds_from = std::max(result.holds_from, limit);
      if (limit > now) result.holds_until = std::min(result.holds_until, limit);
    }
  }
}

}  // namespace

std::optional<VerifiedChain> verify_chain(X509_STORE_CTX* context, CertificateTime now) {
  if (protocol::has_too_many_constraints(X509_STORE_CTX_get0_untrusted(context)))
    return std::nullopt;
  Verification verification;
  std::vector<VerifyError>& errors = verification.errors;
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_depth(parameters, kDeepestChain);
  X509_VERIFY_PARAM_set_auth_level(parameters, 0);
  X509_VERIFY_PARAM_set_time(parameters, now.time_since_epoch().count());
  X509_STORE_CTX_set_ex_data(context, errors_index(), &verification);
  X509_STORE_CTX_set_verify_cb(context, note_error);
  if (X509_verify_cert(context) <= 0 && errors.empty())
    errors.push_back({X509_STORE_CTX_get_error(context), 0});
  X509_STORE_CTX_set_ex_data(context, errors_index(), nullptr);
  if (verification.too_long) return std::nullopt;

  const STACK_OF(X509)* presented = X509_STORE_CTX_get0_untrusted(context);
  const STACK_OF(X509)* used = used_chain(context);
  add_date_errors(used, now, errors);
  ChainErrors found{used, presented, std::move(errors)};

  VerifiedChain result;
  result.chain.leaf = protocol::facts_of(X509_STORE_CTX_get0_cert(context));
  result.chain.presented_count = sk_X509_num(presented);
  result.chain.chain_not_after = result.chain.leaf.not_after;
  for (int i = 0; i < sk_X509_num(used); ++i)
    result.chain.chain_not_after = std::min(
        result.chain.chain_not_after, protocol::validity_of(sk_X509_value(used, i)).not_after);
  result.chain.publicly_issued = protocol::is_publicly_logged(X509_STORE_CTX_get0_cert(context));
  add_faults(found, result.chain);
  add_weaknesses(used, result.chain);
  if (!result.chain.weak_signature.empty())
    result.chain.verify_error = protocol::failure_of(result.chain);
  result.holds_from = CertificateTime::min();
  result.holds_until = CertificateTime::max();
  narrow_window(presented, now, result);
  narrow_window(used, now, result);
  return result;
}

}  // namespace mtasts::net
