// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MxProbeCache: shares the probe of an MX host, and the verdict on it, among all domains that use
// the host. At most one probe per host (other callers wait for it) and a few connections per
// address at a time, in the order in which the probes began. An address that does not come as far
// as TLS is the same for every name: within half a minute its failure is shared. A good result is
// kept for smtp_interval; a faulty host is probed again sooner, so that the domain's next check
// confirms the fault or sees it fixed. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "async/keyed_slots.h"
#include "async/single_flight.h"
#include "check/channel_monitor.h"
#include "check/dane_observer.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "check/name_allowance.h"
#include "check/variant_prober.h"
#include "settings/settings.h"
#include "verdict/host/host_verdict.h"
#include "verdict/thresholds.h"

namespace mtasts::check {

class MxProbeCache {
 public:
  // Concurrent probes of one host; a server may limit the connections of one client.
  static constexpr size_t kMaxConcurrent = 16;
  // Connections to one address at a time, of all hosts. Common servers allow a client 20 to 50.
  static constexpr size_t kMaxPerAddress = 8;
  // Hosts of one address that wait for their turn, each for a check's timeout at most.
  static constexpr size_t kMaxWaiting = 1000;

  // The monitor must outlive the cache and the environment's tasks.
  MxProbeCache(Environment environment, ChannelMonitor& channels,
               const settings::Settings& settings, const verdict::Thresholds& thresholds);

  // Whether `domain` may bring this MX host (NameAllowance); ask before get().
  bool admit(const std::string& domain, const std::string& host) {
    return allowance_->admit(domain, host, environment_.steady_now());
  }
  // The verdict on one MX host of `domain`, newly probed or recent enough; null if the waiting
  // coroutine was cancelled before there was one.
  boost::asio::awaitable<verdict::HostVerdictPtr> get(std::string host, std::string domain);

  // Shares the results of another cache, also those of probes that are under way there, so that a
  // reload does not probe every host again. However many there are, it takes no time.
  void inherit(const MxProbeCache& other);
  // Takes over what bounds the connections to others, which no change of settings may reset: the
  // addresses that deferred the agent, and what each domain has used of its allowance.
  void inherit_limits(const MxProbeCache& other);
  // Removes hosts that have not been requested for two intervals.
  void sweep();
  size_t size() const { return entries_->size(); }
  // Addresses and domains about which something is kept beside the hosts.
  size_t remembered() const { return failures_.size() + deferred_.size() + allowance_->size(); }

 private:
  struct Entry {
    verdict::HostVerdictPtr verdict;  // null: not probed yet
    SteadyTime probed{};
    SteadyTime asked{};
    int inconclusive = 0;  // probes in a row
    int faulty = 0;        // probes in a row
    // The domain whose allowance did not suffice for an address: the verdict is for it alone.
    std::string denied;
  };
  // What an address said before TLS, or did not say.
  struct Failure {
    protocol::SmtpAttempt attempt;
    SteadyTime at{};
  };

  boost::asio::awaitable<void> probe(std::string host, std::string domain);
  boost::asio::awaitable<bool> collect(verdict::MxHostEvidence& evidence, std::string domain);
  bool deny(verdict::MxHostEvidence& evidence, const std::string& domain);
  boost::asio::awaitable<void> probe_address(const std::string& host,
                                             protocol::SmtpAttempt& attempt);
  const protocol::SmtpAttempt* shared_failure(const IpAddress& address) const;
  void note_outcome(const protocol::SmtpAttempt& attempt);
  size_t most_at_once(const IpAddress& address) const;
  boost::asio::awaitable<void> look_up_addresses(verdict::MxHostEvidence& evidence,
                                                 DaneObserver::Host& dane);
  boost::asio::awaitable<void> probe_addresses(verdict::MxHostEvidence& evidence);
  boost::asio::awaitable<void> assess_channels(verdict::MxHostEvidence& evidence,
                                               DaneObserver::Host& dane, SteadyTime began);
  std::chrono::milliseconds lifetime(const Entry& entry) const;

  Environment environment_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  DaneObserver dane_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds interval_;
  std::chrono::milliseconds longest_wait_;
  bool enabled_;
  verdict::Thresholds thresholds_;
  using Entries = std::unordered_map<std::string, Entry>;
  std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
  async::SingleFlight<std::string> probes_;
  async::KeyedSlots<IpAddress> slots_;
  std::map<IpAddress, Failure> failures_;
  std::map<IpAddress, SteadyTime> deferred_;  // when the address last deferred the agent
  std::shared_ptr<NameAllowance> allowance_;
  VariantProber variants_;
};

}  // namespace mtasts::check
