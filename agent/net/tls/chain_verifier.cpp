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
#include <array>
#include <string>
#include <vector>

namespace mtasts::net {
namespace {

using protocol::CertificateTime;
using protocol::ChainFault;
using protocol::PeerChain;

constexpr int kDeepestChain = 16;       // the Web's chains have at most 4 certificates
constexpr size_t kMostErrors = 64;      // per verification; more add no information
constexpr int kSmallestRsaBits = 2048;  // CA/Browser Forum Baseline Requirements §6.1.5
constexpr int kSmallestEcBits = 224;

struct VerifyError {
  int code = X509_V_OK;
  int depth = 0;
};
using VerifyErrors = std::vector<VerifyError>;

int errors_index() {
  static const int index = X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Called by OpenSSL for every certificate and every error; continuing collects all of them.
int note_error(int ok, X509_STORE_CTX* context) {
  auto* errors = static_cast<VerifyErrors*>(X509_STORE_CTX_get_ex_data(context, errors_index()));
  if (ok == 0 && errors != nullptr && errors->size() < kMostErrors)
    errors->push_back({X509_STORE_CTX_get_error(context), X509_STORE_CTX_get_error_depth(context)});
  return 1;
}

// The chain OpenSSL built, or the presented one when it built none.
const STACK_OF(X509) * used_chain(X509_STORE_CTX* context) {
  const STACK_OF(X509)* built = X509_STORE_CTX_get0_chain(context);
  return sk_X509_num(built) > 0 ? built : X509_STORE_CTX_get0_untrusted(context);
}

bool is_self_issued(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_SI) != 0;
}

ChainFault fault_of(const VerifyError& error, X509_STORE_CTX* context) {
  switch (error.code) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return ChainFault::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ChainFault::not_yet_valid;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return ChainFault::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_REJECTED:
      return ChainFault::untrusted;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
      // The issuer of the leaf is missing: the peer did not send it. When an issuer was sent, the
      // chain ends in an unknown root, because roots need not be sent.
      const STACK_OF(X509)* chain = used_chain(context);
      bool alone = sk_X509_num(chain) == 1 && !is_self_issued(sk_X509_value(chain, 0));
      return alone ? ChainFault::incomplete : ChainFault::untrusted;
    }
    default:
      return ChainFault::invalid;
  }
}

// Weak keys and digests are reported separately from faults (PeerChain::weak_key).
bool is_about_strength(int code) {
  return code == X509_V_ERR_EE_KEY_TOO_SMALL || code == X509_V_ERR_CA_KEY_TOO_SMALL ||
         code == X509_V_ERR_CA_MD_TOO_WEAK;
}

// Checks the dates of every certificate of the chain: OpenSSL skips the last one when the root is
// unknown.
void add_date_errors(const STACK_OF(X509) * chain, CertificateTime now, VerifyErrors& errors) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    protocol::ValidityPeriod validity = protocol::validity_of(sk_X509_value(chain, i));
    if (now >= validity.not_after) errors.push_back({X509_V_ERR_CERT_HAS_EXPIRED, i});
    if (now < validity.not_before) errors.push_back({X509_V_ERR_CERT_NOT_YET_VALID, i});
  }
}

std::string words_of(const VerifyError& error, const STACK_OF(X509) * chain) {
  std::string words = X509_verify_cert_error_string(error.code);
  if (error.depth <= 0 || error.depth >= sk_X509_num(chain)) return words;
  protocol::Certificate issuer = protocol::facts_of(sk_X509_value(chain, error.depth));
  return fmt::format("{} ({})", words, issuer.subject);
}

void add_faults(const VerifyErrors& errors, X509_STORE_CTX* context, PeerChain& result) {
  constexpr size_t kFaults = static_cast<size_t>(ChainFault::invalid) + 1;
  std::array<const VerifyError*, kFaults> first{};
  for (const VerifyError& error : errors) {
    if (is_about_strength(error.code)) continue;
    auto& slot = first[static_cast<size_t>(fault_of(error, context))];
    if (slot == nullptr || error.depth < slot->depth) slot = &error;
  }
  for (size_t i = 0; i < kFaults; ++i) {
    if (first[i] == nullptr) continue;
    if (result.faults.empty()) result.verify_error = words_of(*first[i], used_chain(context));
    result.faults.push_back(static_cast<ChainFault>(i));
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

std::string weak_signature_of(X509* certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr) != 1) return {};
  bool weak = digest == NID_sha1 || digest == NID_md5 || digest == NID_md4 || digest == NID_md2;
  return weak ? OBJ_nid2ln(X509_get_signature_nid(certificate)) : std::string();
}

// The signature of a root protects nothing, and its key was accepted when it was put into the
// store.
void add_weaknesses(const STACK_OF(X509) * chain, PeerChain& result) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* certificate = sk_X509_value(chain, i);
    if (i > 0 && is_self_issued(certificate)) continue;
    if (result.weak_key.empty()) result.weak_key = weak_key_of(certificate);
    if (result.weak_signature.empty()) result.weak_signature = weak_signature_of(certificate);
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

VerifiedChain verify_chain(X509_STORE_CTX* context, CertificateTime now) {
  VerifyErrors errors;
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context);
  X509_VERIFY_PARAM_set_depth(parameters, kDeepestChain);
  X509_VERIFY_PARAM_set_auth_level(parameters, 0);
  X509_VERIFY_PARAM_set_time(parameters, now.time_since_epoch().count());
  X509_STORE_CTX_set_ex_data(context, errors_index(), &errors);
  X509_STORE_CTX_set_verify_cb(context, note_error);
  if (X509_verify_cert(context) <= 0 && errors.empty())
    errors.push_back({X509_STORE_CTX_get_error(context), 0});
  X509_STORE_CTX_set_ex_data(context, errors_index(), nullptr);

  const STACK_OF(X509)* presented = X509_STORE_CTX_get0_untrusted(context);
  const STACK_OF(X509)* used = used_chain(context);
  add_date_errors(used, now, errors);

  VerifiedChain result;
  result.chain.leaf = protocol::facts_of(X509_STORE_CTX_get0_cert(context));
  result.chain.presented_count = sk_X509_num(presented);
  result.chain.chain_not_after = result.chain.leaf.not_after;
  for (int i = 0; i < sk_X509_num(used); ++i)
    result.chain.chain_not_after = std::min(
        result.chain.chain_not_after, protocol::validity_of(sk_X509_value(used, i)).not_after);
  add_faults(errors, context, result.chain);
  add_weaknesses(used, result.chain);
  result.holds_from = CertificateTime::min();
  result.holds_until = CertificateTime::max();
  narrow_window(presented, now, result);
  narrow_window(used, now, result);
  return result;
}

}  // namespace mtasts::net
