// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What an answer shows of DNSSEC beside the AD bit (RFC 4034, RFC 5155, RFC 8914): who signed and
// until when, wildcards, NSEC3 parameters, extended errors, and whether a DS record matches a key.
// Nothing is validated here: that is the resolver's work, and the octets of signatures are not
// kept. Pure, any thread. Records are untrusted and bounded.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace mtasts::protocol {

// An RRset has a signature by each algorithm, twice while a key is replaced.
inline constexpr size_t kSignatureLimit = 32;
inline constexpr size_t kExtendedErrorLimit = 4;

struct DnsSignature {    // RRSIG (RFC 4034 §3.1)
  std::string owner;     // lower case, no trailing dot
  uint16_t covered = 0;  // the type of the signed RRset
  uint8_t algorithm = 0;
  uint8_t labels = 0;  // fewer than the owner has: made from a wildcard (RFC 4034 §3.1.3)
  uint16_t key_tag = 0;
  std::string signer;  // the apex of the zone
  Time inception{};
  Time expiration{};
  std::chrono::seconds original_ttl{0};  // of the RRset, as signed
  std::chrono::seconds ttl{0};           // as received: less, where it comes from a cache
  bool operator==(const DnsSignature&) const = default;
};

struct DsRecord {  // RFC 4034 §5.1
  uint16_t key_tag = 0;
  uint8_t algorithm = 0;
  uint8_t digest_type = 0;
  std::string digest_hex;
  bool operator==(const DsRecord&) const = default;
};

struct DnsKey {  // DNSKEY (RFC 4034 §2.1)
  uint16_t flags = 0;
  uint8_t protocol = 0;
  uint8_t algorithm = 0;
  uint16_t key_tag = 0;
  // SHA-1, SHA-256 and SHA-384 of owner and data (RFC 4034 §5.1.4, RFC 4509, RFC 6605), which is
  // what DS records of this key hold. The key itself is not kept.
  std::string sha1_hex, sha256_hex, sha384_hex;
  bool operator==(const DnsKey&) const = default;
};

struct ExtendedError {  // RFC 8914 §2
  uint16_t code = 0;
  std::string text;  // printable, at most 200 octets
  bool operator==(const ExtendedError&) const = default;
};

struct DnssecFacts {
  // Of the RRsets in the answer section and of the denial in the authority section; at most 32.
  std::vector<DnsSignature> signatures;
  // The answer was made from a wildcard: it needs a proof that no closer name exists.
  bool wildcard = false;
  // NSEC3 records in the authority section (RFC 5155 §3.1): the largest number of iterations, and
  // whether any has the opt-out flag, which makes the denial insecure where it matters (§6).
  std::optional<uint16_t> nsec3_iterations;
  bool nsec3_opt_out = false;
  bool operator==(const DnssecFacts&) const = default;
};

// What a query asks for beyond the AD bit.
struct DnssecFlags {
  bool signatures = false;         // DO (RFC 3225)
  bool checking_disabled = false;  // CD (RFC 4035 §3.1.6): also what does not validate
  auto operator<=>(const DnssecFlags&) const = default;
};

// One signature for each RRset. Any valid signature will do (RFC 6840 §5.11), so of an RRset with
// several it is the one that ends last.
std::vector<DnsSignature> last_of_each(const std::vector<DnsSignature>& signatures);

// Which DS records of a zone name one of its keys.
struct DelegationMatch {
  std::vector<uint16_t> matched_tags;
  std::vector<uint16_t> unmatched_tags;  // of DS records that name none of the keys
  size_t unknown_digests = 0;            // DS records whose digest type cannot be compared here
  bool operator==(const DelegationMatch&) const = default;
};
DelegationMatch match_delegation(const std::vector<DsRecord>& ds, const std::vector<DnsKey>& keys);

// The number of labels, without a leading "*" (RFC 4034 §3.1.3). `name` is in canonical form.
uint8_t label_count(std::string_view name);

// Codes that say or suggest that validation failed (RFC 8914 §4: 1, 2, 5 to 12, 27). Only a
// suspicion: most resolvers send none, and their meaning changes from version to version.
bool suggests_bogus(const std::vector<ExtendedError>& errors);

}  // namespace mtasts::protocol
