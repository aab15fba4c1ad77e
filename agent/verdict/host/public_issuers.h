// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Issuers of a public authority that picks one of several at each renewal, so that TLSA records of
// usage 2 must name all of them (RFC 7671 §5.2). Known by the SHA-256 digest of their keys, "2 1
// 1". Pure, any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::verdict {

enum class IssuerUse : uint8_t {
  active,   // picked at renewal
  standby,  // may be at any time
  former,   // no longer picked, but certificates of it may still be in use
  retired,  // has expired, or issues nothing for certain
};

struct PublicIssuer {
  std::string_view name;    // common name of its subject
  std::string_view family;  // issuers of one family replace each other: the type of the key
  IssuerUse use;
  std::string_view key_sha256;  // hexadecimal, of the SubjectPublicKeyInfo
};

// Of Let's Encrypt (letsencrypt.org/certificates).
std::span<const PublicIssuer> public_issuers();

const PublicIssuer* issuer_with_key(std::string_view key_sha256);  // null: not known
// The issuer of a certificate, by the subject that the certificate names; null: not known.
const PublicIssuer* issuer_named(std::string_view issuer);

}  // namespace mtasts::verdict
