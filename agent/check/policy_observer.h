// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyObserver: fetches the policy of a domain from every address of its policy host, because a
// sender may pick any of them (RFC 8461 §3.3). The first check fetches from all. Later ones fetch
// from one address per family, so that every address is fetched from within smtp_interval, and from
// those that failed; the attempts of the others are kept from the earlier checks. Any change at one
// address leads to a fetch from all in the same check. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/channel_monitor.h"
#include "check/environment.h"
#include "check/lookup.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

class PolicyObserver {
 public:
  // Concurrent fetches from one host.
  static constexpr size_t kMaxConcurrent = 8;
  // A larger body is not kept; its address is fetched from in every check. Real policies are
  // smaller than 4 KiB.
  static constexpr size_t kMaxKeptBody_bytes = 8 * 1024;
  // A fetch that takes this long is repeated when no earlier one is known.
  static constexpr std::chrono::milliseconds kSlow = std::chrono::seconds(2);

  // All references must outlive the observer and its coroutines.
  PolicyObserver(Environment environment, ChannelMonitor& channels,
                 const settings::Settings& settings);

  // Fills `policy`, whose `host` is set and which must outlive the coroutine. When cancelled,
  // whatever is unfinished stays `cancelled`.
  boost::asio::awaitable<void> observe(verdict::PolicyEvidence& policy, std::string domain);

  // Hosts whose attempts are kept: those with several addresses, or with a slow response.
  size_t size() const { return hosts_.size(); }

 private:
  struct Known {
    std::shared_ptr<const protocol::HttpsAttempt> attempt;  // never null
    SteadyTime fetched{};
  };
  struct Host {
    std::map<IpAddress, Known> addresses;
    SteadyTime observed{};

    const protocol::HttpsAttempt* attempt(const IpAddress& address) const;  // null: not known
  };
  using Indices = std::vector<size_t>;

  Host known_of(const std::string& host) const;
  Indices due(const Host& known, const std::vector<protocol::HttpsAttempt>& attempts) const;
  size_t quota(size_t addresses) const;
  boost::asio::awaitable<void> fetch(verdict::PolicyEvidence& policy, Indices indices);
  boost::asio::awaitable<void> fetch_into(const std::string& host, protocol::HttpsAttempt& attempt);
  boost::asio::awaitable<protocol::HttpsAttempt> fetch_one(const std::string& host,
                                                           IpAddress address);
  void keep(const verdict::PolicyEvidence& policy, const Indices& fetched);
  void forget_unused();

  Environment environment_;
  ChannelMonitor& channels_;
  Lookup lookup_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds interval_;        // between two checks of a domain
  std::chrono::milliseconds fetch_interval_;  // between two fetches from an address, at most
  std::unordered_map<std::string, Host> hosts_;
  SteadyTime swept_{};
};

}  // namespace mtasts::check
