// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Checker: collects what a sending mail server would observe of a domain, from the DNS lookups to
// the STARTTLS probes, as Evidence. Does not judge, keep history or store anything. Loop thread
// only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>

#include "check/channel_monitor.h"
#include "check/dane_observer.h"
#include "check/environment.h"
#include "check/extra_probes.h"
#include "check/lookup.h"
#include "check/mx_probe_cache.h"
#include "check/policy_observer.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

class Checker {
 public:
  // Maximum MX hosts probed per check; a normal domain has a handful, a hostile one may list
  // thousands. Those left out are reported (mx-unchecked).
  static constexpr size_t kMaxMxHosts = 100;

  // All references must outlive the checker and its coroutines.
  Checker(Environment environment, MxProbeCache& mx_probes, ChannelMonitor& channels,
          const settings::Settings& settings);

  // CheckRunner::observe(). Never throws because of the network.
  boost::asio::awaitable<void> observe(verdict::Evidence& evidence,
                                       std::chrono::milliseconds limit);
  // The same for a caller that has no use for the evidence before the end.
  boost::asio::awaitable<verdict::Evidence> check(DomainName domain,
                                                  std::chrono::milliseconds limit);

  ExtraProbes& extra_probes() { return extra_probes_; }

 private:
  boost::asio::awaitable<bool> collect(verdict::Evidence& evidence);
  boost::asio::awaitable<void> observe_mail(verdict::Evidence& evidence);
  boost::asio::awaitable<void> observe_host(verdict::MxTarget& target, std::string domain);
  boost::asio::awaitable<void> assess_channels(verdict::Evidence& evidence, SteadyTime began);

  Environment environment_;
  MxProbeCache& mx_probes_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  DaneObserver dane_;
  PolicyObserver policies_;
  settings::NetworkSettings network_;
  bool smtp_enabled_;
  ExtraProbes extra_probes_;
};

}  // namespace mtasts::check
