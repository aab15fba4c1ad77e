// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/verification_cache.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <utility>

namespace mtasts::net {
namespace {

using protocol::PeerChain;
using protocol::PeerChainPtr;

// Map node, key in the eviction order, and the control block of the shared_ptr.
constexpr size_t kEntryOverhead_bytes = 256;

template <typename Number>
std::string_view octets_of(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

size_t bytes_of(const PeerChain& chain) {
  const protocol::Certificate& leaf = chain.leaf;
  size_t bytes = sizeof(PeerChain) + leaf.subject.capacity() + leaf.issuer.capacity() +
                 leaf.common_name.capacity() + leaf.fingerprint_sha256.capacity() +
                 leaf.serial.capacity() + chain.verify_error.capacity() +
                 chain.missing.subject.capacity() + chain.missing.url.capacity() +
                 chain.missing.issued.capacity() + chain.missing.sent_instead.capacity();
  for (const std::string& subject : chain.fault_subjects)
    bytes += sizeof(std::string) + subject.capacity();
  for (const std::string& name : leaf.dns_names) bytes += sizeof(std::string) + name.capacity();
  return bytes;
}

}  // namespace

// The count and each length are hashed too, so that different chains never produce the same input.
bool VerificationCache::digest(X509_STORE_CTX* context, Key& key) {
  Sha256 hash;
  const STACK_OF(X509)* presented = X509_STORE_CTX_get0_untrusted(context);
  const int count = sk_X509_num(presented);
  hash.add(octets_of(count));
  std::string der;
  for (int i = 0; i < count; ++i) {
    const int size = i2d_X509(sk_X509_value(presented, i), nullptr);
    if (size <= 0) return false;
    der.resize(static_cast<size_t>(size));
    auto* end = reinterpret_cast<unsigned char*>(der.data());
    i2d_X509(sk_X509_value(presented, i), &end);
    hash.add(octets_of(size)).add(der);
  }
  key = hash.finish();
  return true;
}

VerificationCache::Identity VerificationCache::identity(const PeerChain& chain, const X509* leaf,
                                                        std::string_view host) {
  bool found = protocol::any_identity_matches(chain.leaf.dns_names, host);
  // The recorded facts may be truncated at the limit; the certificate itself is not.
  if (!found && chain.leaf.dns_names.size() >= protocol::kMostDnsNames)
    found = protocol::any_identity_matches(
        protocol::dns_names_of(leaf, std::numeric_limits<size_t>::max()), host);
  if (found) return matches;
  return protocol::identity_matches(chain.leaf.common_name, host) ? only_in_cn : differs;
}

PeerChainPtr VerificationCache::judge(X509_STORE_CTX* context, std::string_view host) {
  Key key{};
  if (!digest(context, key)) return nullptr;
  const X509* leaf = X509_STORE_CTX_get0_cert(context);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_());
  auto found = entries_.find(key);
  bool holds =
      found != entries_.end() && now >= found->second.holds_from && now < found->second.holds_until;
  if (holds) {
    ++hits_;
    Entry& entry = found->second;
    auto known = std::find_if(entry.chains.begin(), entry.chains.end(),
                              [](const PeerChainPtr& chain) { return chain != nullptr; });
    return choose(entry, identity(**known, leaf, host));
  }

  std::optional<VerifiedChain> result = verify_chain(context, now);
  if (!result) return nullptr;
  VerifiedChain& verified = *result;
  Identity outcome = identity(verified.chain, leaf, host);
  verified.chain.name_matches = outcome == matches;
  verified.chain.name_only_in_cn = outcome == only_in_cn;
  auto chain = std::make_shared<const PeerChain>(std::move(verified.chain));
  Entry entry;
  entry.chains[outcome] = chain;
  entry.holds_from = verified.holds_from;
  entry.holds_until = verified.holds_until;
  entry.bytes = kEntryOverhead_bytes + bytes_of(*chain);
  insert(key, std::move(entry));
  evict();
  return chain;
}

void VerificationCache::insert(const Key& key, Entry entry) {
  bytes_ += entry.bytes;
  auto [place, fresh] = entries_.try_emplace(key);
  if (fresh) {
    order_.push_back(key);
  } else {
    bytes_ -= place->second.bytes;
  }
  place->second = std::move(entry);
}

PeerChainPtr VerificationCache::choose(Entry& entry, Identity identity) {
  PeerChainPtr& wanted = entry.chains[identity];
  if (wanted) return wanted;
  auto other = std::find_if(entry.chains.begin(), entry.chains.end(),
                            [](const PeerChainPtr& chain) { return chain != nullptr; });
  PeerChain chain = **other;
  chain.name_matches = identity == matches;
  chain.name_only_in_cn = identity == only_in_cn;
  const size_t added = bytes_of(chain);
  entry.bytes += added;
  bytes_ += added;
  wanted = std::make_shared<const PeerChain>(std::move(chain));
  return wanted;
}

void VerificationCache::evict() {
  while (!order_.empty() && (entries_.size() > limits_.chains || bytes_ > limits_.bytes)) {
    auto oldest = entries_.find(order_.front());
    bytes_ -= oldest->second.bytes;
    entries_.erase(oldest);
    order_.pop_front();
  }
}

}  // namespace mtasts::net
