// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// VariantProber: what an MX host presents to clients that offer something else than the agent does:
// the certificate of the other algorithm, and the one without SNI. At most one connection for each
// of them per address and certificate in an interval, whatever the number of hosts that share the
// address; only with an address that has just presented a certificate. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "async/keyed_lock.h"
#include "async/keyed_slots.h"
#include "check/environment.h"
#include "net/tls/tls_offer.h"
#include "verdict/evidence.h"

namespace mtasts::check {

class VariantProber {
 public:
  // Takes a slot of the address for its connections, within `longest_wait`; both are the cache's.
  VariantProber(Environment environment, std::chrono::milliseconds interval,
                std::chrono::milliseconds longest_wait, async::KeyedSlots<IpAddress>& slots);

  // Fills in `variants`, newly observed or recent enough; call when all attempts have ended.
  // `certificates`: as presented, which only TLSA records need.
  boost::asio::awaitable<void> observe(verdict::MxHostEvidence& evidence, bool certificates);

  void inherit(const VariantProber& other) {
    known_.insert(other.known_.begin(), other.known_.end());
  }
  void sweep();

 private:
  using Key = std::pair<IpAddress, std::string>;  // and the fingerprint of the usual certificate
  struct Entry {
    std::shared_ptr<const verdict::HandshakeVariants> variants;
    SteadyTime observed{};
    bool certificates = false;
  };

  std::shared_ptr<const verdict::HandshakeVariants> find(const Key& key, bool certificates) const;
  boost::asio::awaitable<void> probe(std::string host, const protocol::SmtpAttempt& usual,
                                     verdict::HandshakeVariants& variants);
  boost::asio::awaitable<protocol::SmtpAttempt> without_server_name(std::string host,
                                                                    IpAddress address);

  Environment environment_;
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds longest_wait_;
  async::KeyedSlots<IpAddress>& slots_;
  async::KeyedLock<Key> under_way_;
  std::map<Key, Entry> known_;
};

}  // namespace mtasts::check
