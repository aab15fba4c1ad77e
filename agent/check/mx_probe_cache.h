// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MxProbeCache: domains that share an MX host share its probe and the verdict on it. One probe of a
// host at a time (those who ask meanwhile wait for it), at most one connection at a time to an
// address, a good result kept for smtp_interval; a fault is probed again sooner, so that the
// domain's next check confirms it, or sees it fixed. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "async/keyed_lock.h"
#include "async/single_flight.h"
#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "settings/settings.h"
#include "verdict/host/host_verdict.h"
#include "verdict/thresholds.h"

namespace mtasts::check {

// Verdicts made under `before` hold under `after` too: they were observed and judged alike.
bool may_inherit(const settings::Settings& before, const settings::Settings& after);

class MxProbeCache {
 public:
  // Addresses probed of one host, by family in the order of DNS; the rest is left alone.
  static constexpr size_t kMaxAddresses = 16;

  // The monitor must outlive this and the environment's tasks.
  MxProbeCache(Environment environment, ChannelMonitor& channels,
               const settings::Settings& settings, const verdict::Thresholds& thresholds);

  // The verdict on one MX host, fresh or young enough; null when the waiting coroutine was
  // cancelled before there was any.
  boost::asio::awaitable<verdict::HostVerdictPtr> get(std::string host);

  // Takes over what another cache knows (a reload must not probe everybody anew).
  void inherit(const MxProbeCache& other);
  // Forgets what nobody asked for during two intervals.
  void sweep();
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    verdict::HostVerdictPtr verdict;  // null: not probed yet
    SteadyTime probed{};
    SteadyTime asked{};
    int inconclusive = 0;  // probes in a row
    int faulty = 0;        // probes in a row
  };

  boost::asio::awaitable<void> probe(std::string host);
  boost::asio::awaitable<void> collect(verdict::MxHostEvidence& evidence);
  boost::asio::awaitable<void> probe_address(const std::string& host,
                                             protocol::SmtpAttempt& attempt);
  boost::asio::awaitable<void> assess_channels(verdict::MxHostEvidence& evidence, SteadyTime began);
  std::chrono::milliseconds lifetime(const Entry& entry) const;
  bool uses(AddressFamily family) const;

  Environment environment_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds interval_;
  bool enabled_;
  verdict::Thresholds thresholds_;
  std::unordered_map<std::string, Entry> entries_;
  async::SingleFlight<std::string> probes_;
  async::KeyedLock<IpAddress> addresses_in_use_;
};

}  // namespace mtasts::check
