// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/dns/dnssec.h"

#include <algorithm>

namespace mtasts::protocol {
namespace {

// RFC 4034 §5.1.3 and the registry of DS digest algorithms.
const std::string* digest_of(const DnsKey& key, uint8_t digest_type) {
  switch (digest_type) {
    case 1:
      return &key.sha1_hex;
    case 2:
      return &key.sha256_hex;
    case 4:
      return &key.sha384_hex;
    default:
      return nullptr;
  }
}

bool names(const DsRecord& ds, const DnsKey& key) {
  const std::string* digest = digest_of(key, ds.digest_type);
  return digest != nullptr && ds.key_tag == key.key_tag && ds.algorithm == key.algorithm &&
         ds.digest_hex == *digest;
}

}  // namespace

std::vector<DnsSignature> last_of_each(const std::vector<DnsSignature>& signatures) {
  std::vector<DnsSignature> sets;
  for (const DnsSignature& signature : signatures) {
    auto known = std::find_if(sets.begin(), sets.end(), [&](const DnsSignature& set) {
      return set.owner == signature.owner && set.covered == signature.covered;
    });
    if (known == sets.end())
      sets.push_back(signature);
    else if (signature.expiration > known->expiration)
      *known = signature;
  }
  return sets;
}

DelegationMatch match_delegation(const std::vector<DsRecord>& ds, const std::vector<DnsKey>& keys) {
  DelegationMatch match;
  for (const DsRecord& one : ds) {
    if (digest_of(DnsKey{}, one.digest_type) == nullptr) {
      ++match.unknown_digests;
      continue;
    }
    const bool named =
        std::any_of(keys.begin(), keys.end(), [&](const DnsKey& key) { return names(one, key); });
    (named ? match.matched_tags : match.unmatched_tags).push_back(one.key_tag);
  }
  return match;
}

uint8_t label_count(std::string_view name) {
  if (name.empty() || name == "*") return 0;
  if (name.starts_with("*.")) name.remove_prefix(2);
  return static_cast<uint8_t>(1 + std::count(name.begin(), name.end(), '.'));
}

bool suggests_bogus(const std::vector<ExtendedError>& errors) {
  return std::any_of(errors.begin(), errors.end(), [](const ExtendedError& error) {
    return error.code == 1 || error.code == 2 || (error.code >= 5 && error.code <= 12) ||
           error.code == 27;
  });
}

}  // namespace mtasts::protocol
