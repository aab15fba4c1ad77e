// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// VerificationCache: the verification result of a chain, keyed by the digest of all that the peer
// presented, valid until the next date in the chain passes. A hit costs a hash of the certificates
// and parses no public key. The host name is compared at every probe; hosts with the same outcome
// share one PeerChain. At most `chains` entries and about `bytes` octets are kept, the oldest are
// evicted first; neither certificates nor keys are stored. A cache belongs to one trust store. Loop
// thread only.
#pragma once

#include <openssl/types.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/digest.h"
#include "base/time.h"
#include "net/tls/chain_verifier.h"
#include "protocol/x509/certificate.h"

namespace mtasts::net {

class VerificationCache {
 public:
  struct Limits {
    size_t chains = 20'000;           // policy and MX hosts of 10,000 domains
    size_t bytes = 24 * 1024 * 1024;  // a typical entry takes about 1.2 KB
  };

  explicit VerificationCache(Clock clock) : VerificationCache(std::move(clock), Limits{}) {}
  VerificationCache(Clock clock, Limits limits) : clock_(std::move(clock)), limits_(limits) {}

  // The result for the chain of a verify callback's context, from the cache when possible. Null
  // when out of memory, or when the chain costs too much to verify; that is not kept.
  protocol::PeerChainPtr judge(X509_STORE_CTX* context, std::string_view host);

  size_t size() const { return entries_.size(); }
  size_t hits() const { return hits_; }
  size_t bytes() const { return bytes_; }

 private:
  using Key = Sha256Digest;
  struct KeyHash {
    size_t operator()(const Key& key) const {
      size_t hash = 0;
      std::memcpy(&hash, key.data(), sizeof hash);
      return hash;
    }
  };
  enum Identity : size_t { matches, only_in_cn, differs };
  struct Entry {
    std::array<protocol::PeerChainPtr, 3> chains;  // by Identity, created on demand
    protocol::CertificateTime holds_from{};
    protocol::CertificateTime holds_until{};
    size_t bytes = 0;
  };

  static bool digest(X509_STORE_CTX* context, Key& key);
  static Identity identity(const protocol::PeerChain& chain, const X509* leaf,
                           std::string_view host);
  void insert(const Key& key, Entry entry);
  protocol::PeerChainPtr choose(Entry& entry, Identity identity);
  void evict();

  Clock clock_;
  Limits limits_;
  std::unordered_map<Key, Entry, KeyHash> entries_;
  std::deque<Key> order_;  // oldest first, each key of entries_ once
  size_t bytes_ = 0;
  size_t hits_ = 0;
};

}  // namespace mtasts::net
