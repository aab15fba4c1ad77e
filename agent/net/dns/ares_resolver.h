// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AresResolver: the Resolver on c-ares, for a recursive resolver (RFC 1034 §4.3.2, RFC 8461 §8.2).
// Beyond the single question, it follows a CNAME whose target the answer left out, and after
// SERVFAIL it walks the chain to find a loop, all within timeout × tries from the first send. A
// truncated answer is asked for again over TCP (RFC 7766), with as much time again and on a
// connection of its own. Time in the queue (more than 200 questions at once, more than 16 over TCP)
// does not count. Equal concurrent questions share
// one query; nothing is cached. Does not validate DNSSEC: the AD bit is taken from the configured
// server. Loop thread only. May be destroyed with queries pending: they complete as `cancelled`.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "base/check_metrics.h"
#include "net/dns/resolver.h"
#include "settings/settings.h"

namespace mtasts::net {

class AresChannel;
class TcpLanes;

class AresResolver : public Resolver {
 public:
  // Never fails: without a usable server each query ends as `unreachable`.
  // `metrics` counts queries, failures and their duration; it must outlive this and its queries.
  AresResolver(boost::asio::any_io_executor executor, const settings::DnsSettings& settings,
               CheckMetrics& metrics = no_metrics());
  ~AresResolver() override;
  AresResolver(const AresResolver&) = delete;
  AresResolver& operator=(const AresResolver&) = delete;

  // A name that cannot exist (over 255 octets, label over 63) is NXDOMAIN without a query.
  boost::asio::awaitable<protocol::DnsAnswer> query(std::string name,
                                                    protocol::RecordType type) override;
  boost::asio::awaitable<protocol::DnsAnswer> query_for(std::string client, std::string name,
                                                        protocol::RecordType type) override;
  boost::asio::awaitable<protocol::DnsAnswer> query_dnssec(std::string client, std::string name,
                                                           protocol::RecordType type,
                                                           protocol::DnssecFlags flags) override;

  std::string servers() const;  // "127.0.0.1:53, [::1]:53", for display
  size_t in_flight() const;     // queries in flight, including orphaned ones

 private:
  std::shared_ptr<AresChannel> channel_;
  std::shared_ptr<TcpLanes> lanes_;
  CheckMetrics& metrics_;
};

}  // namespace mtasts::net
