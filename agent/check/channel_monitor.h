// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ChannelMonitor: whether a channel (DNS, HTTPS by family, SMTP by family) is alive for us, so that
// a failure on it may be blamed on the domain (ARCHITECTURE.md, Three outcomes). Any answer of
// another target within the window proves life; without one the canaries are asked, once for all
// who wait. Loop thread only.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "async/task_group.h"
#include "net/dns/resolver.h"
#include "net/https/policy_fetcher.h"
#include "net/smtp/smtp_prober.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

enum class Wire : uint8_t { dns, https_ipv4, https_ipv6, smtp_ipv4, smtp_ipv6 };
inline constexpr size_t kWires = 5;

Wire https_wire(AddressFamily family);
Wire smtp_wire(AddressFamily family);

class ChannelMonitor {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // All references must outlive this and the tasks's tasks.
  ChannelMonitor(boost::asio::any_io_executor executor, async::TaskGroup& tasks,
                 net::Resolver& resolver, net::PolicyFetcher& fetcher, net::SmtpProber& prober,
                 const settings::CanarySettings& canaries, const settings::NetworkSettings& network,
                 std::chrono::milliseconds window);

  // `target` (a domain, a policy host, an MX host) answered on the wire just now.
  void note_success(Wire wire, const std::string& target);

  // True when somebody else than `target` answered since the failing observation began (without
  // canaries: within the window), or a canary does now: what answered before says little of an
  // outage that began meanwhile. Where
  // no canary can tell of this address family (none has such an address), the other family speaks
  // for the channel.
  boost::asio::awaitable<bool> is_alive(Wire wire, std::string target,
                                        SteadyClock::time_point since);

  // What is known without asking anybody, of the families in use; unproven counts as alive. For the
  // metric.
  bool dns_alive() const { return known_alive({Wire::dns}); }
  bool https_alive() const;
  bool smtp_alive() const;

 private:
  struct Proof {
    std::string target;
    SteadyClock::time_point at{};
  };
  enum class CanaryResult : uint8_t { alive, dead, cannot_tell };
  struct State {
    std::array<Proof, 2> proofs;  // the newest of two different targets
    CanaryResult canaries =
        CanaryResult::alive;  // of the last round, unless somebody answered since
    SteadyClock::time_point asked_at{};
    std::shared_ptr<boost::asio::steady_timer> asking;  // set while a canary round runs
  };

  bool proven(const State& state, const std::string& target, SteadyClock::time_point since) const;
  SteadyClock::time_point oldest_proof(Wire wire, SteadyClock::time_point since) const;
  bool known_alive(const std::vector<Wire>& wires) const;
  boost::asio::awaitable<void> settle(Wire wire, std::shared_ptr<boost::asio::steady_timer> done);
  boost::asio::awaitable<CanaryResult> ask(Wire wire, std::string target,
                                           SteadyClock::time_point since);
  boost::asio::awaitable<CanaryResult> ask_canaries(Wire wire);
  boost::asio::awaitable<CanaryResult> ask_dns();
  boost::asio::awaitable<CanaryResult> ask_host(Wire wire, std::string host);
  State& state(Wire wire) { return states_[static_cast<size_t>(wire)]; }

  boost::asio::any_io_executor executor_;
  async::TaskGroup& tasks_;
  net::Resolver& resolver_;
  net::PolicyFetcher& fetcher_;
  net::SmtpProber& prober_;
  settings::CanarySettings canaries_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds window_;
  std::array<State, kWires> states_;
};

}  // namespace mtasts::check
