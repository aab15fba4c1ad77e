// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS lookups of a check; every response is also recorded as proof that the DNS channel is
// available. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/channel_monitor.h"
#include "net/dns/resolver.h"
#include "protocol/dns/answer.h"

namespace mtasts::check {

class Lookup {
 public:
  // Both must outlive this object and its coroutines.
  Lookup(net::Resolver& resolver, ChannelMonitor& channels)
      : resolver_(resolver), channels_(channels) {}

  // Fills `answer`, which must outlive the coroutine. Cancelling the coroutine cancels the lookup.
  // `target` is the domain or MX host for which the name is looked up.
  boost::asio::awaitable<void> query(std::string name, protocol::RecordType type,
                                     std::string target, protocol::DnsAnswer& answer);

  // Looks up A and AAAA regardless of the families the agent may contact: a missing address is a
  // fact about the host.
  boost::asio::awaitable<void> addresses(std::string host, std::string target,
                                         std::vector<protocol::DnsAnswer>& answers);

 private:
  net::Resolver& resolver_;
  ChannelMonitor& channels_;
};

}  // namespace mtasts::check
