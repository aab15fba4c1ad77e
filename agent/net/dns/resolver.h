// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Resolver: the interface through which the agent queries DNS. One question, one answer value; a
// failure is an answer too (status). Loop thread only. Implemented by AresResolver; tests use a
// scripted fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>

#include "protocol/dns/answer.h"

namespace mtasts::net {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // `name` is in A-labels without trailing dot ("." for the root). CNAMEs are followed, at most 16
  // (RFC 8461 §8.2). Ends within timeout × tries of the settings, or at once as `cancelled` when
  // the coroutine is cancelled. Never throws because of network errors.
  virtual boost::asio::awaitable<protocol::DnsAnswer> query(std::string name,
                                                            protocol::RecordType type) = 0;
  // The same for the check of the domain `client`. Where many questions wait, the clients take
  // turns, and each has a limited share of those on the wire.
  virtual boost::asio::awaitable<protocol::DnsAnswer> query_for(std::string /*client*/,
                                                                std::string name,
                                                                protocol::RecordType type) {
    return query(std::move(name), type);
  }
  // The same with signatures, or with answers that do not validate. AD means nothing with
  // checking_disabled, and is never set then.
  virtual boost::asio::awaitable<protocol::DnsAnswer> query_dnssec(
      std::string client, std::string name, protocol::RecordType type,
      protocol::DnssecFlags /*flags*/) {
    return query_for(std::move(client), std::move(name), type);
  }
};

}  // namespace mtasts::net
