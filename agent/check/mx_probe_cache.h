// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The MX mx_probes: domains that share an MX host share its probe. One probe of a host at a time
// (those who come meanwhile wait for it), at most one connection at a time to an address, a good
// result kept for smtp_interval; a fault is looked at again sooner, so that the domain's next check
// confirms it, or sees it mended. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/time.h"
#include "check/channel_monitor.h"
#include "net/dns/resolver.h"
#include "net/smtp/smtp_prober.h"
#include "settings/settings.h"
#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::check {

struct MxProbe {
  verdict::MxHostEvidencePtr evidence;  // null: cancelled before there was any
  std::shared_ptr<const verdict::MxHostReport> facts;
};

class MxProbeCache {
 public:
  // Addresses probed of one host, by family in the order of DNS; the rest is left alone.
  static constexpr size_t kMostAddresses = 16;

  using SteadyClock = std::chrono::steady_clock;

  // All references must outlive this and the tasks's tasks. `observe_seconds` gets the time of
  // each address's probe; `now` tells the age of a result.
  MxProbeCache(boost::asio::any_io_executor executor, async::TaskGroup& tasks,
               net::Resolver& resolver, net::SmtpProber& prober, ChannelMonitor& channels,
               const settings::Settings& settings, Clock clock,
               std::function<void(double)> observe_seconds = {},
               std::function<SteadyClock::time_point()> now = SteadyClock::now);

  // The evidence of one MX host, fresh or young enough.
  boost::asio::awaitable<MxProbe> look(std::string host);

  // Takes over what another mx_probes knows (a reload must not probe everybody anew).
  void inherit(const MxProbeCache& other);
  // Forgets what nobody asked for during two intervals.
  void sweep();
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    MxProbe look;
    SteadyClock::time_point probed{};
    SteadyClock::time_point asked{};
    int inconclusive = 0;                                // probes in a row
    int faulty = 0;                                      // probes in a row
    std::shared_ptr<boost::asio::steady_timer> probing;  // set while a probe runs
  };

  boost::asio::awaitable<void> probe(std::string host,
                                     std::shared_ptr<boost::asio::steady_timer> done);
  boost::asio::awaitable<void> collect(verdict::MxHostEvidence& evidence);
  boost::asio::awaitable<void> resolve(verdict::MxHostEvidence& evidence, protocol::RecordType type,
                                       size_t slot);
  boost::asio::awaitable<void> probe_address(const std::string& host,
                                             protocol::SmtpAttempt& attempt);
  boost::asio::awaitable<void> see(verdict::MxHostEvidence& evidence,
                                   SteadyClock::time_point began);
  std::chrono::milliseconds lifetime(const Entry& entry) const;
  bool uses(AddressFamily family) const;

  boost::asio::any_io_executor executor_;
  async::TaskGroup& tasks_;
  net::Resolver& resolver_;
  net::SmtpProber& prober_;
  ChannelMonitor& channels_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds interval_;
  bool enabled_;
  Clock clock_;
  std::function<void(double)> observe_seconds_;
  std::function<SteadyClock::time_point()> now_;
  std::unordered_map<std::string, Entry> entries_;
  std::map<IpAddress, std::shared_ptr<boost::asio::steady_timer>> busy_;  // addresses in use
};

}  // namespace mtasts::check
