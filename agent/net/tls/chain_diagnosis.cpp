// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/chain_diagnosis.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/handle.h"

namespace mtasts::net {
namespace {

using protocol::ChainFault;
using protocol::PeerChain;

X509* at(const STACK_OF(X509) * chain, int depth) {
  return depth >= 0 && depth < sk_X509_num(chain) ? sk_X509_value(chain, depth) : nullptr;
}

bool contains(const STACK_OF(X509) * certificates, const X509* wanted) {
  for (int i = 0; i < sk_X509_num(certificates); ++i)
    if (X509_cmp(sk_X509_value(certificates, i), wanted) == 0) return true;
  return false;
}

bool is_self_issued(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_SI) != 0;
}

// The depth of a certificate whose signature does not match the key of the one above it.
std::optional<int> broken_link(const ChainErrors& chain) {
  std::optional<int> lowest;
  for (const VerifyError& error : chain.errors)
    if (error.code == X509_V_ERR_CERT_SIGNATURE_FAILURE && (!lowest || error.depth < *lowest))
      lowest = error.depth;
  return lowest;
}

bool is_about_strength(int code) {
  return code == X509_V_ERR_EE_KEY_TOO_SMALL || code == X509_V_ERR_CA_KEY_TOO_SMALL ||
         code == X509_V_ERR_CA_MD_TOO_WEAK;
}

// Extended key usage that says anyExtendedKeyUsage, but not serverAuth. RFC 5280 §4.2.1.12 lets
// verifiers reject it.
bool allows_any_purpose(X509* certificate) {
  bool has_extension = (X509_get_extension_flags(certificate) & EXFLAG_XKUSAGE) != 0;
  uint32_t usage = has_extension ? X509_get_extended_key_usage(certificate) : 0;
  return (usage & XKU_ANYEKU) != 0 && (usage & (XKU_SSL_SERVER | XKU_SGC)) == 0;
}

bool has_error(const ChainErrors& chain, int code, int depth) {
  return std::any_of(chain.errors.begin(), chain.errors.end(), [&](const VerifyError& error) {
    return error.code == code && error.depth == depth;
  });
}

bool lacks_authority(const ChainErrors& chain, int depth) {
  return has_error(chain, X509_V_ERR_INVALID_CA, depth) ||
         has_error(chain, X509_V_ERR_INVALID_NON_CA, depth);
}

// The issuer of the last certificate was neither sent nor is it a trusted root. A certificate that
// names itself as issuer would be its own root.
ChainFault fault_of_end(const ChainErrors& chain) {
  X509* last = at(chain.used, sk_X509_num(chain.used) - 1);
  return last == nullptr || is_self_issued(last) ? ChainFault::untrusted : ChainFault::incomplete;
}

// An authority has several keys under one name over the years. When the wrong one of its
// certificates was sent, the right one is missing.
ChainFault fault_of_signature(const ChainErrors& chain, int depth) {
  X509* issuer = at(chain.used, depth + 1);
  bool sent = issuer != nullptr && contains(chain.presented, issuer);
  return sent ? ChainFault::incomplete : ChainFault::bad_signature;
}

ChainFault fault_of(const ChainErrors& chain, const VerifyError& error) {
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
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return fault_of_end(chain);
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return fault_of_signature(chain, error.depth);
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_SUBTREE_MINMAX:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
    case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
      return ChainFault::name_constraint;
    case X509_V_ERR_INVALID_PURPOSE:
      return ChainFault::purpose;
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return ChainFault::not_a_ca;
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
      return ChainFault::path_length;
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return ChainFault::critical_extension;
    default:
      return ChainFault::invalid;
  }
}

// Weak keys and digests are reported apart from faults. What stands above a broken link has nothing
// to do with the leaf. A certificate that is not one of an authority fails for that purpose too.
bool counts(const ChainErrors& chain, const VerifyError& error, std::optional<int> broken) {
  if (is_about_strength(error.code)) return false;
  if (broken && error.depth > *broken) return false;
  if (error.code != X509_V_ERR_INVALID_PURPOSE) return true;
  X509* certificate = at(chain.used, error.depth);
  return !lacks_authority(chain, error.depth) &&
         (certificate == nullptr || !allows_any_purpose(certificate));
}

std::string subject_at(const ChainErrors& chain, int depth) {
  X509* certificate = at(chain.used, depth);
  return certificate == nullptr ? std::string() : protocol::subject_of(certificate);
}

using ConstraintCheck = int (*)(X509*, NAME_CONSTRAINTS*);

// The first authority above `depth` whose constraints the certificate does not pass; empty: none.
std::string constraining_authority(const ChainErrors& chain, int depth, ConstraintCheck check) {
  X509* certificate = at(chain.used, depth);
  for (int i = depth + 1; certificate != nullptr && i < sk_X509_num(chain.used); ++i) {
    Handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> constraints(static_cast<NAME_CONSTRAINTS*>(
        X509_get_ext_d2i(sk_X509_value(chain.used, i), NID_name_constraints, nullptr, nullptr)));
    if (constraints && check(certificate, constraints.get()) != X509_V_OK)
      return subject_at(chain, i);
  }
  return {};
}

// OpenSSL reports the certificate with the name, which may be the CN where there is no SAN.
std::string constraining_authority(const ChainErrors& chain, int depth) {
  std::string authority = constraining_authority(chain, depth, NAME_CONSTRAINTS_check);
  return authority.empty() ? constraining_authority(chain, depth, NAME_CONSTRAINTS_check_CN)
                           : authority;
}

std::string subject_of_fault(const ChainErrors& chain, const VerifyError& error, ChainFault fault) {
  if (fault == ChainFault::name_constraint) return constraining_authority(chain, error.depth);
  return subject_at(chain, error.depth);
}

std::string words_of(const ChainErrors& chain, const VerifyError& error) {
  std::string words = X509_verify_cert_error_string(error.code);
  std::string subject = error.depth > 0 ? subject_at(chain, error.depth) : std::string();
  return subject.empty() ? words : fmt::format("{} ({})", words, subject);
}

// A certificate that was sent but is not part of the chain up to `last`: best one with the name of
// the missing issuer.
std::string sent_instead(const ChainErrors& chain, int last) {
  const X509_NAME* wanted = X509_get_issuer_name(at(chain.used, last));
  X509* other = nullptr;
  for (int i = 1; i < sk_X509_num(chain.presented); ++i) {
    X509* sent = sk_X509_value(chain.presented, i);
    bool belongs = false;
    for (int used = 0; used <= last; ++used)
      belongs |= X509_cmp(sk_X509_value(chain.used, used), sent) == 0;
    if (belongs) continue;
    if (X509_NAME_cmp(X509_get_subject_name(sent), wanted) == 0) return protocol::subject_of(sent);
    if (other == nullptr) other = sent;
  }
  return other == nullptr ? std::string() : protocol::subject_of(other);
}

protocol::MissingIssuer missing_issuer(const ChainErrors& chain, std::optional<int> broken) {
  int last = broken.value_or(sk_X509_num(chain.used) - 1);
  X509* certificate = at(chain.used, last);
  if (certificate == nullptr) return {};
  return {.subject = protocol::facts_of(certificate).issuer,
          .url = protocol::issuer_url_of(certificate),
          .issued = protocol::subject_of(certificate),
          .sent_instead = sent_instead(chain, last)};
}

}  // namespace

void add_faults(const ChainErrors& chain, PeerChain& result) {
  constexpr size_t kFaults = static_cast<size_t>(ChainFault::invalid) + 1;
  std::array<const VerifyError*, kFaults> first{};
  const std::optional<int> broken = broken_link(chain);
  for (const VerifyError& error : chain.errors) {
    if (!counts(chain, error, broken)) continue;
    const VerifyError*& known = first[static_cast<size_t>(fault_of(chain, error))];
    if (known == nullptr || error.depth < known->depth) known = &error;
  }
  for (size_t i = 0; i < kFaults; ++i) {
    if (first[i] == nullptr) continue;
    auto fault = static_cast<ChainFault>(i);
    if (result.faults.empty()) result.verify_error = words_of(chain, *first[i]);
    result.faults.push_back(fault);
    result.fault_subjects.push_back(subject_of_fault(chain, *first[i], fault));
    if (fault == ChainFault::incomplete) result.missing = missing_issuer(chain, broken);
  }
  for (int i = 0; i < sk_X509_num(chain.used) && result.any_purpose.empty(); ++i)
    if (has_error(chain, X509_V_ERR_INVALID_PURPOSE, i) &&
        allows_any_purpose(sk_X509_value(chain.used, i)))
      result.any_purpose = subject_at(chain, i);
}

}  // namespace mtasts::net
