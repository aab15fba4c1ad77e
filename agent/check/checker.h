// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Checker: one whole check of a domain as a sending mail server would see it, from the lookups to
// the report. The story itself (tell) reads from top to bottom. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "check/channel_monitor.h"
#include "check/mx_probe_cache.h"
#include "net/dns/resolver.h"
#include "net/https/policy_fetcher.h"
#include "settings/settings.h"
#include "verdict/judge.h"
#include "verdict/report.h"

namespace mtasts::check {

class Checker {
 public:
  // MX hosts looked at in one check; a domain has a handful, a hostile one thousands.
  static constexpr size_t kMostMxHosts = 40;
  // Addresses of the policy host tried per family until one answers.
  static constexpr size_t kPolicyAddresses = 3;

  // `phase` is dns or policy; the MX mx_probes tells of smtp.
  using Observer = std::function<void(std::string_view phase, double seconds)>;

  // All references must outlive this.
  Checker(net::Resolver& resolver, net::PolicyFetcher& fetcher, MxProbeCache& mx_probes,
          ChannelMonitor& channels, const settings::Settings& settings, Clock clock,
          Observer observe = {});

  // What is remembered of the domain, asked right before judging; null: nothing, and nothing will
  // be. Empty: the same.
  using Recall = std::function<verdict::HistoryPtr()>;

  // Ends within `limit`; what is undone then is unknown in the report. Never throws for what the
  // network does.
  boost::asio::awaitable<verdict::Report> check(DomainName domain,
                                                std::optional<protocol::Mode> expected_mode,
                                                Recall recall, std::chrono::milliseconds limit);

 private:
  boost::asio::awaitable<bool> tell(verdict::Evidence& evidence);
  boost::asio::awaitable<void> ask(std::string name, protocol::RecordType type,
                                   protocol::DnsAnswer& answer);
  boost::asio::awaitable<void> look_at_policy(verdict::PolicyEvidence& policy);
  boost::asio::awaitable<void> fetch_family(verdict::PolicyEvidence& policy, AddressFamily family,
                                            std::vector<protocol::HttpsAttempt>& attempts);
  boost::asio::awaitable<void> look_at_mail(verdict::Evidence& evidence);
  boost::asio::awaitable<void> look_at_host(verdict::MxTarget& target);
  boost::asio::awaitable<void> ask_addresses(std::string host,
                                             std::vector<protocol::DnsAnswer>& answers);
  boost::asio::awaitable<void> see(verdict::Evidence& evidence,
                                   std::chrono::steady_clock::time_point began);

  net::Resolver& resolver_;
  net::PolicyFetcher& fetcher_;
  MxProbeCache& mx_probes_;
  ChannelMonitor& channels_;
  settings::NetworkSettings network_;
  bool smtp_enabled_;
  verdict::Thresholds thresholds_;
  Clock clock_;
  Observer observe_;
};

}  // namespace mtasts::check
