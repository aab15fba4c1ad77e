// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ExtraProbes: what is observed beside the checks, at most once an hour and for all domains that
// need it: a random name below the domain, names at which a record is published by mistake, the
// authoritative servers, and the destinations of reports. A fault is looked at again after five
// minutes. Everything is bounded; what fails or is not finished is left out. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "check/authority_probe.h"
#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "check/shared_probes.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

class ExtraProbes {
 public:
  // Maximum destinations of reports looked at per record, and addresses per host and family.
  static constexpr size_t kMaxReportTargets = 8;
  static constexpr size_t kMaxReportAddresses = 4;

  // The monitor must outlive this and the environment's tasks.
  ExtraProbes(const Environment& environment, ChannelMonitor& channels,
              const settings::Settings& settings);

  // Fills evidence.extra, after everything else has been observed.
  boost::asio::awaitable<void> observe(verdict::Evidence& evidence);

  void inherit(const ExtraProbes& other);
  void sweep();

  // The time between two looks at servers that differ; short in tests.
  void set_pause(std::chrono::milliseconds pause) { authority_probe_.set_pause(pause); }

 private:
  using Unused = SharedProbes<protocol::DnsAnswer>;
  using Names = SharedProbes<std::vector<protocol::DnsAnswer>>;
  using Mail = SharedProbes<verdict::ReportMailDomain>;
  using Web = SharedProbes<verdict::ReportHost>;
  using Authorities = SharedProbes<verdict::AuthorityEvidence>;

  boost::asio::awaitable<Unused::Outcome> probe_unused_name(std::string domain);
  boost::asio::awaitable<Names::Outcome> probe_other_names(std::string domain);
  boost::asio::awaitable<Mail::Outcome> probe_mail(std::string domain);
  boost::asio::awaitable<Web::Outcome> probe_web(std::string host);
  boost::asio::awaitable<void> shake_hands(verdict::ReportHost& host);
  boost::asio::awaitable<Authorities::Outcome> probe_authorities(std::string domain,
                                                                 Authorities::ResultPtr before);

  boost::asio::awaitable<void> observe_record_name(verdict::Evidence& evidence);
  boost::asio::awaitable<void> observe_authorities(verdict::Evidence& evidence);
  boost::asio::awaitable<void> observe_mail(verdict::Evidence& evidence, std::string domain);
  boost::asio::awaitable<void> observe_web(verdict::Evidence& evidence, std::string host);

  Environment environment_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  settings::NetworkSettings network_;
  AuthorityProbe authority_probe_;
  Unused unused_names_;
  Names other_names_;
  Mail mail_;
  Web web_;
  Authorities authorities_;
};

}  // namespace mtasts::check
