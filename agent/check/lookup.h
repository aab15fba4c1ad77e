// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DNS lookups of a check; every response is also reported to the channel monitor. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "check/channel_monitor.h"
#include "check/environment.h"
#include "net/dns/resolver.h"
#include "protocol/dns/answer.h"

namespace mtasts::check {

class Lookup {
 public:
  // Both must outlive this object and its coroutines.
  Lookup(const Environment& environment, ChannelMonitor& channels)
      : resolver_(environment.resolver), lag_(environment.lag), channels_(channels) {}

  // Fills `answer`, which must outlive the coroutine. Cancelling the coroutine cancels the lookup.
  // `target` is the domain or MX host for which the name is looked up, `client` the domain whose
  // check asks (Resolver::query_for); empty: the target.
  boost::asio::awaitable<void> query(std::string name, protocol::RecordType type,
                                     std::string target, protocol::DnsAnswer& answer,
                                     std::string client = {}, protocol::DnssecFlags flags = {});

  // Looks up A and AAAA regardless of the families the agent may contact: a missing address is a
  // fact about the host.
  boost::asio::awaitable<void> addresses(std::string host, std::string target,
                                         std::vector<protocol::DnsAnswer>& answers,
                                         std::string client = {});

 private:
  net::Resolver& resolver_;
  const async::LoopLag* lag_;
  ChannelMonitor& channels_;
};

// What the lookups for one domain or MX host say about the resolver. Filled before the channel is
// assessed.
class LookupSummary {
 public:
  void add(protocol::DnsAnswer& answer) { answers_.push_back(&answer); }
  void add(std::vector<protocol::DnsAnswer>& answers) {
    for (protocol::DnsAnswer& answer : answers) add(answer);
  }

  // Judges the DNS channel for these lookups. If the resolver turns out to deny names that exist,
  // its denials become `denied`. `main`: the lookup of the name that everything depends on; its
  // NXDOMAIN en masse is suspicious.
  boost::asio::awaitable<void> assess(ChannelMonitor& channels, const protocol::DnsAnswer& main,
                                      std::string target, SteadyTime since, ChannelSet& available,
                                      std::vector<verdict::ChannelFault>& faults);

 private:
  ChannelUse use() const;
  std::vector<protocol::DnsAnswer*> answers_;
};

}  // namespace mtasts::check
