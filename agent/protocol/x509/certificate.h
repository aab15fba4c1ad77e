// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Certificate facts: the content of an X.509 certificate and its chain as plain values, and whether
// a name is among its identities (RFC 5280; RFC 6125 §6.4 as restricted by RFC 8461 §3.3 and §4.2:
// SAN DNS-ID only, `*` only as the whole left-most label, never the subject CN). Facts are recorded
// whether or not the chain verifies. Pure; no clock: callers check the dates.
#pragma once

#include <openssl/types.h>

#include <boost/describe/class.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"

namespace mtasts::protocol {

using CertificateTime = std::chrono::sys_seconds;

struct Certificate {
  std::string subject;  // one line, RFC 2253 order, UTF-8, printable
  std::string issuer;
  std::string common_name;             // last CN of the subject; not an identity, for display only
  std::vector<std::string> dns_names;  // SAN dNSName, lower case, at most kMostDnsNames
  std::string serial;                  // hex, upper case
  CertificateTime not_before{};
  CertificateTime not_after{};
  std::string fingerprint_sha256;  // hex, lower case, no colons
  std::string key_type;            // "RSA", "EC P-256", "Ed25519", …
  int key_bits = 0;
  std::string signature_algorithm;  // "ecdsa-with-SHA256", …
  bool self_issued = false;         // subject equals issuer

  bool operator==(const Certificate&) const = default;
};
BOOST_DESCRIBE_STRUCT(Certificate, (),
                      (subject, issuer, common_name, dns_names, serial, not_before, not_after,
                       fingerprint_sha256, key_type, key_bits, signature_algorithm, self_issued))

// SAN entries kept per certificate; more are omitted, but identities are matched against all of
// them.
inline constexpr size_t kMostDnsNames = 200;

// The validity of a certificate: includes notBefore, excludes notAfter (as OpenSSL does).
struct ValidityPeriod {
  CertificateTime not_before{};
  CertificateTime not_after{};
};
ValidityPeriod validity_of(const X509* certificate);

// Never fails: fields that cannot be read stay empty.
Certificate facts_of(const X509* certificate);
std::string subject_of(const X509* certificate);  // as in Certificate

// The first http or https URL at which the authority of this certificate publishes its own
// certificate (RFC 5280 §4.2.2.1, caIssuers); empty: none that can be shown as it is. The agent
// never fetches it.
std::string issuer_url_of(const X509* certificate);

// Holds timestamps of certificate transparency logs, which accept only what public authorities
// issue (RFC 6962 §3.3, §3.1).
bool is_publicly_logged(const X509* certificate);

// The SAN dNSNames, lower case; those with a NUL, a blank or a non-ASCII octet are left out.
std::vector<std::string> dns_names_of(const X509* certificate, size_t most);

// Everything a verifier can find wrong with a chain, apart from the name and the signature
// algorithms.
//   expired             a certificate of the chain used, the leaf first
//   self_signed         the leaf signs itself and is not a trust anchor
//   untrusted           ends in a self-signed root that is not in the trust store
//   incomplete          the issuer of its last certificate was not sent and is not a trusted root
//   name_constraint     an authority of the chain may not sign for a name of the leaf
//   purpose             a certificate of the chain must not be used for TLS servers
//   not_a_ca            a certificate that signs another one is not one of an authority
//   path_length         an authority has more authorities below it than it may have
//   critical_extension  a critical extension that verifiers do not know
//   bad_signature       a signature does not match the key of its trusted issuer
//   invalid             anything else
BOOST_DEFINE_FIXED_ENUM_CLASS(ChainFault, uint8_t, expired, not_yet_valid, self_signed, untrusted,
                              incomplete, name_constraint, purpose, not_a_ca, path_length,
                              critical_extension, bad_signature, invalid)

// What an incomplete chain lacks.
struct MissingIssuer {
  std::string subject;       // of the certificate that is missing; empty: none is
  std::string url;           // at which the authority publishes it; empty: not said
  std::string issued;        // subject of the last certificate of the chain, which names it
  std::string sent_instead;  // subject of a certificate that was sent but is not part of the chain;
                             // equal to `subject`: right name, another key

  bool operator==(const MissingIssuer&) const = default;
};
BOOST_DESCRIBE_STRUCT(MissingIssuer, (), (subject, url, issued, sent_instead))

// What a TLS peer presented and the result of its verification.
struct PeerChain {
  Certificate leaf;
  int presented_count = 0;            // certificates the peer sent, leaf included
  CertificateTime chain_not_after{};  // earliest notAfter of the chain used (built, else presented)
  std::vector<ChainFault> faults;     // every one, no duplicates; empty: trusted and in date
  // Parallel to `faults`, may be shorter: the subject of the certificate that has the fault.
  std::vector<std::string> fault_subjects;
  std::string verify_error;      // text for the first fault, or the weak signature; empty when none
  MissingIssuer missing;         // for the fault incomplete
  bool publicly_issued = false;  // the leaf is in certificate transparency logs
  bool name_matches = false;     // some SAN DNS-ID covers the expected host
  bool name_only_in_cn = false;  // no SAN DNS-ID does, but the subject's CN
  std::string weak_key;          // "RSA 1024 bits" when below RSA 2048 / EC 224; else empty
  // "sha1WithRSAEncryption" of a certificate other than a self-signed one; else empty. Go, and
  // OpenSSL 3 at its default security level, refuse such a chain.
  std::string weak_signature;
  // Subject of a certificate whose extended key usage is anyExtendedKeyUsage without serverAuth:
  // OpenSSL refuses it, Go and GnuTLS accept it. Else empty.
  std::string any_purpose;

  bool verified() const { return faults.empty() && weak_signature.empty() && name_matches; }
  bool operator==(const PeerChain&) const = default;
};
BOOST_DESCRIBE_STRUCT(PeerChain, (),
                      (leaf, presented_count, chain_not_after, faults, fault_subjects, verify_error,
                       missing, publicly_issued, name_matches, name_only_in_cn, weak_key,
                       weak_signature, any_purpose))
// Why the chain is not verified, in a few words: OpenSSL's text, or ours for what it does not
// check; empty: it is verified.
std::string failure_of(const PeerChain& chain);
using PeerChainPtr = std::shared_ptr<const PeerChain>;

// RFC 6125 §6.4.3 with the wildcard only as the complete left-most label, followed by at least two
// labels. `host` is a name without trailing dot; both are compared ignoring case.
bool identity_matches(std::string_view presented, std::string_view host);
bool any_identity_matches(const std::vector<std::string>& dns_names, std::string_view host);

}  // namespace mtasts::protocol
