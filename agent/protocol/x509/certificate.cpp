// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/x509/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "base/ascii.h"
#include "base/digest.h"
#include "base/handle.h"
#include "base/printable.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kNameShown_bytes = 512;   // of a subject or issuer; the name of a CA has about 100
constexpr size_t kSerial_bytes = 32;       // RFC 5280 §4.1.2.2 allows 20
constexpr size_t kLongestUrl_bytes = 200;  // a longer one is not shown; those of CAs have about 40
constexpr int kMostAccessEntries = 16;     // of authorityInfoAccess; CAs use two
constexpr size_t kLongestDnsName_bytes = 255;  // "*." and 253 octets

// OPENSSL_free is a macro.
void free_text(unsigned char* text) { OPENSSL_free(text); }

std::string_view octets_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

std::string line_of(const X509_NAME* name) {
  Handle<BIO, BIO_free> bio(BIO_new(BIO_s_mem()));
  // RFC 2253 with its escapes, but UTF-8 is left unescaped.
  constexpr unsigned long kFlags = XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB;
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, kFlags) < 0) return {};
  char* data = nullptr;
  long size = BIO_get_mem_data(bio.get(), &data);
  return size <= 0 ? std::string()
                   : printable(std::string_view(data, static_cast<size_t>(size)), kNameShown_bytes);
}

std::string common_name_of(const X509_NAME* name) {
  int last = -1;
  for (int next; (next = X509_NAME_get_index_by_NID(name, NID_commonName, last)) >= 0;) last = next;
  if (last < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
  unsigned char* utf8 = nullptr;
  int size = ASN1_STRING_to_UTF8(&utf8, value);
  if (size < 0) return {};
  Handle<unsigned char, free_text> owned(utf8);
  return printable(std::string_view(reinterpret_cast<const char*>(utf8), static_cast<size_t>(size)),
                   kNameShown_bytes);
}

// A NUL or non-ASCII octet in a dNSName is an attempt to imitate another name; such an entry
// matches no host.
bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= kLongestDnsName_bytes &&
         all_of(name, [](char c) { return c > ' ' && c < '\x7F'; });
}

// Only characters that a URL may hold (RFC 3986 §2), without quotes, so that it can be shown and
// copied as it is.
bool is_plain_url(std::string_view url) {
  if (url.size() > kLongestUrl_bytes) return false;
  std::string scheme = ascii_lower(url.substr(0, 8));
  bool web = scheme.starts_with("http://") || scheme == "https://";
  return web && all_of(url, [](char c) {
           return c > ' ' && c < '\x7F' &&
                  std::string_view("\"'`<>\\^{|}").find(c) == std::string_view::npos;
         });
}

CertificateTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return {};
  using namespace std::chrono;
  sys_days day = year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon) + 1) /
                 std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

std::string group_of(const EVP_PKEY* key) {
  std::array<char, 80> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) return {};
  const char* nist = EC_curve_nid2nist(OBJ_sn2nid(name.data()));
  return nist != nullptr ? nist : name.data();
}

void describe_key(const X509* certificate, Certificate& facts) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) {
    // Even when the key cannot be decoded, the name of its algorithm is useful.
    ASN1_OBJECT* algorithm = nullptr;
    X509_PUBKEY_get0_param(&algorithm, nullptr, nullptr, nullptr,
                           X509_get_X509_PUBKEY(certificate));
    int nid = algorithm != nullptr ? OBJ_obj2nid(algorithm) : NID_undef;
    if (nid != NID_undef) facts.key_type = OBJ_nid2ln(nid);
    return;
  }
  facts.key_bits = EVP_PKEY_get_bits(key);
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      facts.key_type = "RSA";
      break;
    case EVP_PKEY_RSA_PSS:
      facts.key_type = "RSA-PSS";
      break;
    case EVP_PKEY_EC:
      facts.key_type = "EC";
      if (std::string group = group_of(key); !group.empty()) facts.key_type += " " + group;
      break;
    case EVP_PKEY_ED25519:
      facts.key_type = "Ed25519";
      break;
    case EVP_PKEY_ED448:
      facts.key_type = "Ed448";
      break;
    default:
      if (const char* name = EVP_PKEY_get0_type_name(key)) facts.key_type = name;
  }
}

}  // namespace

std::vector<std::string> dns_names_of(const X509* certificate, size_t most) {
  std::vector<std::string> found;
  Handle<GENERAL_NAMES, GENERAL_NAMES_free> names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()) && found.size() < most; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    std::string_view text = octets_of(name->d.dNSName);
    if (is_plain_name(text)) found.push_back(ascii_lower(text));
  }
  return found;
}

std::string issuer_url_of(const X509* certificate) {
  Handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free> access(
      static_cast<AUTHORITY_INFO_ACCESS*>(
          X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)));
  const int count = std::min(sk_ACCESS_DESCRIPTION_num(access.get()), kMostAccessEntries);
  for (int i = 0; i < count; ++i) {
    const ACCESS_DESCRIPTION* entry = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(entry->method) != NID_ad_ca_issuers || entry->location->type != GEN_URI)
      continue;
    std::string_view url = octets_of(entry->location->d.uniformResourceIdentifier);
    if (is_plain_url(url)) return std::string(url);
  }
  return {};
}

bool is_publicly_logged(const X509* certificate) {
  return X509_get_ext_by_NID(certificate, NID_ct_precert_scts, -1) >= 0;
}

ValidityPeriod validity_of(const X509* certificate) {
  return {time_of(X509_get0_notBefore(certificate)), time_of(X509_get0_notAfter(certificate))};
}

std::string subject_of(const X509* certificate) {
  return line_of(X509_get_subject_name(certificate));
}

Certificate facts_of(const X509* certificate) {
  Certificate facts;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  facts.subject = line_of(subject);
  facts.issuer = line_of(issuer);
  facts.common_name = common_name_of(subject);
  facts.self_issued = X509_NAME_cmp(subject, issuer) == 0;
  facts.dns_names = dns_names_of(certificate, kMostDnsNames);
  const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate);
  facts.serial = ascii_upper(hex(octets_of(serial).substr(0, kSerial_bytes)));
  if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) facts.serial.insert(0, 1, '-');
  ValidityPeriod validity = validity_of(certificate);
  facts.not_before = validity.not_before;
  facts.not_after = validity.not_after;
  std::array<char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), reinterpret_cast<unsigned char*>(digest.data()),
                  &size) == 1)
    facts.fingerprint_sha256 = hex(std::string_view(digest.data(), size));
  describe_key(certificate, facts);
  int signature = X509_get_signature_nid(certificate);
  if (signature != NID_undef) facts.signature_algorithm = OBJ_nid2ln(signature);
  return facts;
}

std::string failure_of(const PeerChain& chain) {
  if (chain.verified()) return {};
  if (!chain.verify_error.empty()) return chain.verify_error;
  if (!chain.weak_signature.empty()) return "signature algorithm too weak: " + chain.weak_signature;
  return chain.faults.empty() ? "hostname mismatch" : "certificate not valid";
}

bool identity_matches(std::string_view presented, std::string_view host) {
  if (!is_plain_name(presented) || !is_plain_name(host)) return false;
  if (presented.find('*') == std::string_view::npos) return equals_ignoring_case(presented, host);
  // RFC 8461 §4.1: the wildcard stands for exactly one label and is the whole left-most one.
  if (!presented.starts_with("*.")) return false;
  std::string_view parent = presented.substr(1);
  size_t dot = parent.find('.', 1);
  if (parent.find('*') != std::string_view::npos || dot == std::string_view::npos || dot == 1 ||
      parent.back() == '.')
    return false;
  size_t first = host.find('.');
  return first != 0 && first != std::string_view::npos &&
         equals_ignoring_case(parent, host.substr(first));
}

bool any_identity_matches(const std::vector<std::string>& dns_names, std::string_view host) {
  return std::any_of(dns_names.begin(), dns_names.end(),
                     [&](const std::string& name) { return identity_matches(name, host); });
}

}  // namespace mtasts::protocol
