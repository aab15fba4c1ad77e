// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MxProbeCache: shares the probe of an MX host, and the verdict on it, among all domains that use
// the host. At most one probe per host (other callers wait for it) and one connection per address
// at a time. A good result is kept for smtp_interval; a faulty host is probed again sooner, so that
// the domain's next check confirms the fault or sees it fixed. Loop thread only.
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
#include "check/variant_prober.h"
#include "settings/settings.h"
#include "verdict/host/host_verdict.h"
#include "verdict/thresholds.h"

namespace mtasts::check {

// Whether verdicts made under `before` are also valid under `after`: the settings that affect
// observation and judgement are the same.
bool may_inherit(const settings::Settings& before, const settings::Settings& after);

class MxProbeCache {
 public:
  // Concurrent probes of one host; a server may limit the connections of one client.
  static constexpr size_t kMaxConcurrent = 16;

  // The monitor must outlive the cache and the environment's tasks.
  MxProbeCache(Environment environment, ChannelMonitor& channels,
               const settings::Settings& settings, const verdict::Thresholds& thresholds);

  // The verdict on one MX host, newly probed or recent enough; null if the waiting coroutine was
  // cancelled before there was one.
  boost::asio::awaitable<verdict::HostVerdictPtr> get(std::string host);

  // Copies the results of another cache, so that a reload does not probe every host again.
  void inherit(const MxProbeCache& other);
  // Removes hosts that have not been requested for two intervals.
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
  VariantProber variants_;
};

}  // namespace mtasts::check
