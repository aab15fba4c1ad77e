// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ChannelMonitor: decides whether a channel (DNS, HTTPS, SMTP) is available to the agent, so that a
// failure on it counts against a domain. An answer from any other target since the failing
// observation began proves that it is; without one, the canaries are contacted, once for all
// waiting checks. A failure on an unavailable channel is reported as unknown. Loop thread only.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "async/single_flight.h"
#include "base/channel.h"
#include "check/environment.h"
#include "settings/settings.h"

namespace mtasts::check {

// What the attempts of one observation show about one channel.
struct ChannelUse {
  bool answered = false;  // some peer answered
  bool failed = false;    // some failure may be due to the agent's own network
};

// Summarizes the attempts over one address family: HttpsAttempt or SmtpAttempt.
template <typename Attempt>
ChannelUse channel_use(const std::vector<Attempt>& attempts, AddressFamily family) {
  ChannelUse use;
  for (const Attempt& attempt : attempts) {
    if (attempt.address.family() != family) continue;
    use.answered |= answered(attempt);
    use.failed |= may_be_local(attempt);
  }
  return use;
}

class ChannelMonitor {
 public:
  // `window`: how long an answer proves a channel available when no canary is configured for it.
  ChannelMonitor(Environment environment, const settings::CanarySettings& canaries,
                 const settings::NetworkSettings& network, std::chrono::milliseconds window);

  // Records that `target` (a domain, a policy host, an MX host) has just answered on the channel.
  void note_success(Channel channel, const std::string& target);

  // True when a target other than `target` has answered since the failing observation began
  // (without canaries: within the window), or when a canary answers now. An earlier answer proves
  // little, because the channel may have failed since. If no canary has an address of this family,
  // the other family decides.
  boost::asio::awaitable<bool> is_available(Channel channel, std::string target, SteadyTime since);

  // Adds the channel to `channels` if it answered in this observation or, after a failure, is found
  // available. Contacts canaries only when there is a failure to judge.
  boost::asio::awaitable<void> assess(Channel channel, ChannelUse use, std::string target,
                                      SteadyTime since, ChannelSet& channels);

  // The known state over the families in use, without contacting anything; unproven counts as
  // available. For the metric.
  bool known_available(ChannelKind kind) const;

 private:
  struct Success {
    std::string target;  // empty: none yet
    SteadyTime at{};
  };
  enum class CanaryResult : uint8_t { available, unavailable, cannot_tell };
  struct State {
    std::array<Success, 2> successes;  // the newest of two different targets
    // Result of the last canary round, unless a target has answered since.
    CanaryResult canaries = CanaryResult::available;
    SteadyTime asked_at{};
  };

  bool is_proven(const State& state, const std::string& target, SteadyTime since) const;
  SteadyTime oldest_proof(Channel channel, SteadyTime since) const;
  boost::asio::awaitable<CanaryResult> judge(Channel channel, std::string target, SteadyTime since);
  boost::asio::awaitable<void> ask_canaries(Channel channel);
  boost::asio::awaitable<CanaryResult> ask_any(Channel channel);
  boost::asio::awaitable<CanaryResult> ask(Channel channel, std::string canary);
  boost::asio::awaitable<CanaryResult> ask_host(Channel channel, std::string host);
  const std::vector<std::string>& canaries_of(ChannelKind kind) const;
  State& state(Channel channel) { return states_[static_cast<size_t>(channel)]; }

  Environment environment_;
  settings::CanarySettings canaries_;
  settings::NetworkSettings network_;
  std::chrono::milliseconds window_;
  std::array<State, kChannels.size()> states_;
  async::SingleFlight<Channel> rounds_;
};

}  // namespace mtasts::check
