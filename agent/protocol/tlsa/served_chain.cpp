// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsa/served_chain.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "protocol/x509/name_constraints.h"

namespace mtasts::protocol {
namespace {

using CertificateHandle = Handle<X509, X509_free>;
using KeyHandle = Handle<EVP_PKEY, EVP_PKEY_free>;

// Largest keys whose signatures are checked: each takes a millisecond or two at most.
constexpr int kLargestRsa_bits = 8192;
constexpr int kLargestExponent_bits = 64;
constexpr int kLargestCurve_bits = 521;
// Trust anchors given as bare keys; each is tried with every certificate.
constexpr size_t kMostBareKeys = 4;

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using CertificateStack = std::unique_ptr<STACK_OF(X509), FreeStack>;

const unsigned char* octets_from(std::string_view octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

CertificateHandle certificate_of(std::string_view der) {
  const unsigned char* at = octets_from(der);
  CertificateHandle parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  return parsed;
}

// The key as it stands in the certificate, so that it is compared as it was signed.
std::string key_of(const X509* certificate) {
  unsigned char* der = nullptr;
  int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
  std::string key = size <= 0
                        ? std::string()
                        : std::string(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return key;
}

std::string digest_of(std::string_view octets, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(octets.data(), octets.size(), digest.data(), &size, kind, nullptr) != 1) return {};
  return {reinterpret_cast<char*>(digest.data()), size};
}

int bits_of_exponent(const EVP_PKEY* key) {
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return kLargestRsa_bits;
  int bits = BN_num_bits(exponent);
  BN_free(exponent);
  return bits;
}

bool is_costly_key(const EVP_PKEY* key) {
  if (key == nullptr) return false;  // OpenSSL does not know it either
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return EVP_PKEY_get_bits(key) > kLargestRsa_bits ||
             bits_of_exponent(key) > kLargestExponent_bits;
    case EVP_PKEY_EC: {
      // Only named curves have fast and bounded arithmetic.
      std::array<char, 80> name{};
      return EVP_PKEY_get_bits(key) > kLargestCurve_bits ||
             EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1;
    }
    case EVP_PKEY_ED25519:
    case EVP_PKEY_ED448:
      return false;
    default:
      return true;
  }
}

bool names_match(X509* leaf, const std::vector<std::string>& names, bool& in_cn) {
  constexpr size_t kAllNames = static_cast<size_t>(-1);
  std::vector<std::string> presented = dns_names_of(leaf, kAllNames);
  if (std::any_of(names.begin(), names.end(),
                  [&](const std::string& name) { return any_identity_matches(presented, name); }))
    return true;
  // Without a dNSName, OpenSSL and with it Postfix and Exim take the CN (RFC 7672 §3.2.3).
  in_cn = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return X509_check_host(leaf, name.data(), name.size(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                           nullptr) == 1;
  });
  return in_cn;
}

}  // namespace

// Certificates that a usage 2 record makes trust anchors.
struct ServedChain::Anchors {
  std::vector<X509*> sent;                // matched; owned by the chain
  std::vector<CertificateHandle> unsent;  // 2 0 0
  std::vector<X509*> signed_by_key;       // 2 1 0: certificates of the chain that the key signed
};

size_t DaneResult::matched() const {
  return static_cast<size_t>(std::count(matches.begin(), matches.end(), true));
}

ServedChain::ServedChain(const std::vector<std::string>& der) {
  for (const std::string& one : der) {
    if (certificates_.size() >= kDeepestDaneChain) break;
    CertificateHandle parsed = certificate_of(one);
    if (!parsed) break;
    keys_.push_back(key_of(parsed.get()));
    der_.push_back(one);
    certificates_.push_back(std::move(parsed));
  }
}

std::string ServedChain::data_for(size_t index, uint8_t selector, uint8_t matching) const {
  if (index >= certificates_.size()) return {};
  const std::string& whole = selector == kSelectKey ? keys_[index] : der_[index];
  switch (matching) {
    case kFull:
      return whole;
    case kSha256:
      return digest_of(whole, EVP_sha256());
    case kSha512:
      return digest_of(whole, EVP_sha512());
    default:
      return {};
  }
}

bool ServedChain::matches_at(const Tlsa& record, size_t index) const {
  std::string data = data_for(index, record.selector, record.matching);
  return !data.empty() && data == record.data;
}

bool ServedChain::is_costly() const {
  bool costly = std::any_of(certificates_.begin(), certificates_.end(), [](const auto& one) {
    return is_costly_key(X509_get0_pubkey(one.get()));
  });
  CertificateStack all(sk_X509_new_null());
  for (const auto& one : certificates_)
    if (all) sk_X509_push(all.get(), one.get());
  costly = costly || !all || has_too_many_constraints(all.get());
  ERR_clear_error();
  return costly;
}

// RFC 7672 §3.1.2: the trust anchor's certificate must be sent. A record with the whole certificate
// or key does without: OpenSSL builds the chain to it all the same.
ServedChain::Anchors ServedChain::anchors_of(const std::vector<Tlsa>& records,
                                             const std::vector<bool>& counts,
                                             DaneResult& result) const {
  Anchors anchors;
  size_t bare_keys = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const Tlsa& record = records[i];
    if (!record.is_usable() || record.usage != kDaneTa) continue;
    for (size_t index = 1; index < certificates_.size(); ++index) {
      if (!matches_at(record, index)) continue;
      result.matches[i] = true;
      if (counts[i]) anchors.sent.push_back(certificates_[index].get());
    }
    if (result.matches[i] || record.matching != kFull || !counts[i]) continue;
    if (record.selector != kSelectKey) {
      CertificateHandle whole = certificate_of(record.data);
      if (!whole || is_costly_key(X509_get0_pubkey(whole.get()))) continue;
      if (record.data == der_[0]) continue;
      // It matches the chain in use as much as a bare key that signed a part of it.
      const bool affordable = ++bare_keys <= kMostBareKeys;
      for (const auto& one : certificates_)
        if (affordable && X509_verify(one.get(), X509_get0_pubkey(whole.get())) == 1)
          result.matches[i] = true;
      anchors.unsent.push_back(std::move(whole));
      continue;
    }
    const unsigned char* at = octets_from(record.data);
    KeyHandle key(d2i_PUBKEY(nullptr, &at, static_cast<long>(record.data.size())));
    if (!key || is_costly_key(key.get()) || ++bare_keys > kMostBareKeys) continue;
    for (const auto& one : certificates_)
      if (X509_verify(one.get(), key.get()) == 1) {
        anchors.signed_by_key.push_back(one.get());
        result.matches[i] = true;
      }
  }
  ERR_clear_error();
  return anchors;
}

void ServedChain::verify_anchors(const Anchors& anchors, const std::vector<std::string>& names,
                                 CertificateTime now, DaneResult& result) const {
  Handle<X509_STORE, X509_STORE_free> store(X509_STORE_new());
  Handle<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  CertificateStack sent(sk_X509_new_null());
  result.outcome = DaneOutcome::too_costly;  // out of memory
  if (!store || !context || !sent) return;
  for (const auto& one : certificates_) sk_X509_push(sent.get(), one.get());
  for (X509* one : anchors.sent) X509_STORE_add_cert(store.get(), one);
  for (const auto& one : anchors.unsent) X509_STORE_add_cert(store.get(), one.get());
  for (X509* one : anchors.signed_by_key) X509_STORE_add_cert(store.get(), one);
  if (X509_STORE_CTX_init(context.get(), store.get(), certificates_[0].get(), sent.get()) != 1)
    return;
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  // Dates are looked at by check_dates().
  X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME);
  X509_VERIFY_PARAM_set_depth(parameters, static_cast<int>(kDeepestDaneChain));
  X509_VERIFY_PARAM_set_auth_level(parameters, 0);
  X509_STORE_CTX_set_purpose(context.get(), X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(context.get()) != 1) {
    result.outcome = DaneOutcome::ta_chain;
    const X509* current = X509_STORE_CTX_get_current_cert(context.get());
    result.detail = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
    if (current != nullptr) result.detail += fmt::format(" ({})", subject_of(current));
  } else if (!check_dates(X509_STORE_CTX_get0_chain(context.get()), anchors, now, result)) {
    result.outcome = DaneOutcome::ta_expired;
  } else if (!names_match(certificates_[0].get(), names, result.name_in_cn)) {
    result.outcome = DaneOutcome::name;
  } else {
    result.outcome = DaneOutcome::verified;
    result.key_unsent = anchors.sent.empty() && anchors.unsent.empty();
  }
  ERR_clear_error();
}

// To OpenSSL the dates of a trust anchor that is no root do not matter; other senders refuse it
// (anchor_expired).
bool ServedChain::check_dates(const STACK_OF(X509) * chain, const Anchors& anchors,
                              CertificateTime now, DaneResult& result) {
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    X509* one = sk_X509_value(chain, i);
    ValidityPeriod validity = validity_of(one);
    bool early = now < validity.not_before;
    if (!early && now < validity.not_after) continue;
    bool by_key = std::find(anchors.signed_by_key.begin(), anchors.signed_by_key.end(), one) !=
                  anchors.signed_by_key.end();
    result.detail = fmt::format("{} {} {:%Y-%m-%d} UTC", subject_of(one),
                                early ? "is not valid before" : "expired on",
                                early ? validity.not_before : validity.not_after);
    bool self_signed = (X509_get_extension_flags(one) & EXFLAG_SS) != 0;
    if (i + 1 < sk_X509_num(chain) || by_key || self_signed) return false;
    result.anchor_expired = true;
  }
  return true;
}

// The records of keys and of the leaf. Returns whether one of usage 3 matches that counts.
bool ServedChain::match_leaf(const std::vector<Tlsa>& records, const std::vector<bool>& counts,
                             DaneResult& result) const {
  bool all_anchors = true;
  for (size_t i = 0; i < records.size(); ++i) {
    const Tlsa& record = records[i];
    if (!record.is_usable()) continue;
    all_anchors &= record.usage == kDaneTa;
    if (!matches_at(record, 0)) continue;
    result.pins_leaf |= record.usage == kDaneTa;
    if (record.usage != kDaneEe) continue;
    result.matches[i] = true;
    result.by_key |= counts[i];
    result.ignoring_agility = true;
  }
  result.outcome = result.by_key      ? DaneOutcome::verified
                   : result.pins_leaf ? DaneOutcome::pins_leaf
                   : all_anchors      ? DaneOutcome::ta_not_sent
                                      : DaneOutcome::mismatch;
  return result.by_key;
}

// By the trust anchors of those records that count, if there are any.
void ServedChain::decide(const std::vector<Tlsa>& records, const std::vector<bool>& counts,
                         const std::vector<std::string>& names, CertificateTime now,
                         DaneResult& result) const {
  Anchors anchors = anchors_of(records, counts, result);
  bool sent = !anchors.sent.empty() || !anchors.signed_by_key.empty();
  if (result.by_key || (!sent && anchors.unsent.empty())) return;
  DaneResult by_anchor = result;
  verify_anchors(anchors, names, now, by_anchor);
  // A whole certificate that nobody sent and that leads nowhere is simply not this chain's.
  if (sent || by_anchor.outcome != DaneOutcome::ta_chain) result = std::move(by_anchor);
}

DaneResult ServedChain::verify(const std::vector<Tlsa>& records,
                               const std::vector<std::string>& names, CertificateTime now) const {
  DaneResult result;
  result.matches.assign(records.size(), false);
  auto is_usable = [](const Tlsa& record) { return record.is_usable(); };
  if (std::none_of(records.begin(), records.end(), is_usable)) {
    result.outcome = DaneOutcome::unusable;
    return result;
  }
  if (certificates_.empty()) return result;
  const std::vector<bool> counts = strongest_of(records);
  match_leaf(records, counts, result);
  bool any_anchor = std::any_of(records.begin(), records.end(), [](const Tlsa& record) {
    return record.is_usable() && record.usage == kDaneTa;
  });
  if (!any_anchor) return result;
  if (is_costly()) {
    if (!result.by_key) result.outcome = DaneOutcome::too_costly;
    return result;
  }
  decide(records, counts, names, now, result);
  if (result.verified()) {
    result.ignoring_agility = true;
  } else if (!result.ignoring_agility) {
    // For those who have no agility every record counts.
    DaneResult all = result;
    decide(records, std::vector<bool>(records.size(), true), names, now, all);
    result.ignoring_agility = all.verified();
  }
  return result;
}

}  // namespace mtasts::protocol
