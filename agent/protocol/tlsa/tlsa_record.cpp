// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsa/tlsa_record.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>

#include "base/digest.h"
#include "base/handle.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kSha256_bytes = 32;
constexpr size_t kSha512_bytes = 64;

const unsigned char* begin_of(std::string_view octets) {
  return reinterpret_cast<const unsigned char*>(octets.data());
}

bool is_certificate(std::string_view der) {
  const unsigned char* at = begin_of(der);
  Handle<X509, X509_free> parsed(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  bool whole = parsed != nullptr && at == begin_of(der) + der.size() &&
               X509_get0_pubkey(parsed.get()) != nullptr;
  ERR_clear_error();
  return whole;
}

bool is_key(std::string_view der) {
  const unsigned char* at = begin_of(der);
  Handle<EVP_PKEY, EVP_PKEY_free> parsed(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  bool whole = parsed != nullptr && at == begin_of(der) + der.size();
  ERR_clear_error();
  return whole;
}

TlsaFault fault_of_data(const Tlsa& record) {
  switch (record.matching) {
    case kFull:
      if (record.selector == kSelectKey)
        return is_key(record.data) ? TlsaFault::none : TlsaFault::not_a_key;
      return is_certificate(record.data) ? TlsaFault::none : TlsaFault::not_a_certificate;
    case kSha256:
      return record.data.size() == kSha256_bytes ? TlsaFault::none : TlsaFault::digest_length;
    default:
      return record.data.size() == kSha512_bytes ? TlsaFault::none : TlsaFault::digest_length;
  }
}

TlsaFault fault_of(const Tlsa& record) {
  if (record.usage > kDaneEe) return TlsaFault::unknown_usage;
  if (record.selector > kSelectKey) return TlsaFault::unknown_selector;
  if (record.matching > kSha512) return TlsaFault::unknown_matching;
  TlsaFault fault = fault_of_data(record);
  if (fault == TlsaFault::none && record.usage < kDaneTa) return TlsaFault::pkix_usage;
  return fault;
}

}  // namespace

std::string_view words_of(TlsaFault fault) {
  switch (fault) {
    case TlsaFault::none:
      return "";
    case TlsaFault::too_short:
      return "it is too short";
    case TlsaFault::digest_length:
      return "its digest has the wrong length";
    case TlsaFault::not_a_certificate:
      return "its data is not a certificate";
    case TlsaFault::not_a_key:
      return "its data is not a public key";
    case TlsaFault::unknown_usage:
      return "its usage is unknown";
    case TlsaFault::unknown_selector:
      return "its selector is unknown";
    case TlsaFault::unknown_matching:
      return "its matching type is unknown";
    case TlsaFault::pkix_usage:
      return "usages 0 and 1 are not used for mail";
  }
  return "";
}

bool is_malformed(TlsaFault fault) {
  return fault != TlsaFault::none && fault != TlsaFault::pkix_usage;
}

Tlsa parse_tlsa(std::string_view rdata) {
  Tlsa record;
  if (rdata.size() > 0) record.usage = static_cast<uint8_t>(rdata[0]);
  if (rdata.size() > 1) record.selector = static_cast<uint8_t>(rdata[1]);
  if (rdata.size() > 2) record.matching = static_cast<uint8_t>(rdata[2]);
  if (rdata.size() <= 3) return record;
  record.data = rdata.substr(3);
  record.fault = fault_of(record);
  return record;
}

std::string parameters_of(const Tlsa& record) {
  return fmt::format("{} {} {}", record.usage, record.selector, record.matching);
}

std::string text_of(const Tlsa& record, size_t most_digits) {
  std::string digits = hex(std::string_view(record.data).substr(0, most_digits));
  bool cut = digits.size() > most_digits;
  if (cut) digits.resize(most_digits);
  return fmt::format("{} {}{}", parameters_of(record), digits, cut ? "…" : "");
}

// RFC 7671 §9: the strongest first, SHA-512 before SHA-256; full data is never set aside, because
// it is no digest.
std::vector<bool> strongest_of(const std::vector<Tlsa>& records) {
  std::vector<bool> counts;
  for (const Tlsa& one : records)
    counts.push_back(one.is_usable() &&
                     (one.matching == kFull ||
                      std::none_of(records.begin(), records.end(), [&](const Tlsa& other) {
                        return other.is_usable() && other.usage == one.usage &&
                               other.selector == one.selector && other.matching > one.matching;
                      })));
  return counts;
}

}  // namespace mtasts::protocol
