// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ChannelMonitor: decides whether a channel (DNS, HTTPS, SMTP) is available to the agent, so that a
// failure on it counts against a domain. An answer from any other target since the failing
// observation began proves that it is; without one, the canaries are asked, once for all waiting
// checks. In DNS only a canary proves it, because a resolver without a network still answers from
// its cache. Nor do other targets prove it while most of them fail alike (outage_detector.h). A
// failure on an unavailable channel is reported as unknown. Loop thread only.
#pragma once

#include <algorithm>
#include <array>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "async/single_flight.h"
#include "base/channel.h"
#include "check/canaries.h"
#include "check/environment.h"
#include "check/outage_detector.h"
#include "check/validation_proof.h"
#include "settings/settings.h"
#include "verdict/evidence.h"

namespace mtasts::check {

// What the attempts of one observation show about one channel.
struct ChannelUse {
  bool answered = false;  // some peer answered
  bool failed = false;    // some failure may be due to the agent's own network
  uint16_t failure = 0;   // how and at which step the last one failed
};

// A number for the way in which an attempt failed and the step at which it did.
inline uint16_t failure_of(const protocol::HttpsAttempt& attempt) {
  return static_cast<uint16_t>(1 + static_cast<int>(attempt.status));
}
inline uint16_t failure_of(const protocol::SmtpAttempt& attempt) {
  return static_cast<uint16_t>(1 + static_cast<int>(attempt.status) * 32 +
                               static_cast<int>(attempt.step));
}
inline uint16_t failure_of(protocol::DnsStatus status) {
  return static_cast<uint16_t>(1 + static_cast<int>(status));
}

// Summarizes the attempts over one address family: HttpsAttempt or SmtpAttempt.
template <typename Attempt>
ChannelUse channel_use(const std::vector<Attempt>& attempts, AddressFamily family) {
  ChannelUse use;
  for (const Attempt& attempt : attempts) {
    if (attempt.address.family() != family) continue;
    use.answered |= answered(attempt);
    if (!may_be_local(attempt)) continue;
    use.failed = true;
    use.failure = failure_of(attempt);
  }
  return use;
}

class ChannelMonitor {
 public:
  // `settings`: the canaries, the families in use, and the intervals: without canaries, an answer
  // proves a channel for `[check] interval`.
  ChannelMonitor(Environment environment, const settings::Settings& settings);

  // Records that `target` (a domain, a policy host, an MX host) has just answered on the channel.
  void note_success(Channel channel, const std::string& target);
  // Records that the resolver has just found a record, so it does not deny every name.
  void note_record() {
    record_at_ = environment_.steady_now();
    denies_.clear();
  }

  // An attempt in progress on a channel. A failure on the channel is not judged before the attempts
  // that were in progress have ended, because they may prove it. May outlive the monitor.
  class Flight {
   public:
    Flight(Flight&&) noexcept = default;
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;
    Flight& operator=(Flight&&) = delete;
    ~Flight();

   private:
    friend class ChannelMonitor;
    struct Flights;
    Flight(std::shared_ptr<Flights> flights, uint64_t id);
    std::shared_ptr<Flights> flights_;  // null: moved from
    uint64_t id_;
  };
  Flight begin(Channel channel);

  // Records how an attempt at an address of `host` has just ended: as proof of the channel, and for
  // the detection of outages.
  template <typename Attempt>
  void note_attempt(ChannelKind kind, const std::string& host, const Attempt& attempt) {
    Channel channel = channel_of(kind, attempt.address.family());
    if (answered(attempt)) {
      note_success(channel, host);
      note_result(channel, attempt.address, 0);
    } else if (may_be_local(attempt)) {
      note_result(channel, attempt.address, failure_of(attempt));
    }
  }
  // How the DNS lookups of one domain ended, for the detection of outages; 0: all were answered.
  void note_lookups(const std::string& domain, uint16_t failure);

  // Adds the channel to `channels` if it answered in this observation or, after a failure, is found
  // available; otherwise adds the reason to `faults`. Asks canaries only when there is a failure to
  // judge. If no canary has an address of this family, the other family decides.
  boost::asio::awaitable<void> assess(Channel channel, ChannelUse use, std::string target,
                                      SteadyTime since, ChannelSet& channels,
                                      std::vector<verdict::ChannelFault>& faults);

  // Called for a domain of which the resolver denies everything: why that is implausible, or
  // nothing. `nxdomain`: the domain itself was denied, and not just a type.
  boost::asio::awaitable<std::optional<std::string>> implausible_denial(bool nxdomain,
                                                                        SteadyTime since);

  // Whether the resolver validates, as DANE needs it.
  ValidationProof& validation() { return validation_; }
  const ValidationProof& validation() const { return validation_; }

  // Whether the channel is available over the families in use, as far as that is known, without
  // asking anybody; empty before anything has proved or disproved it.
  std::optional<bool> known_available(ChannelKind kind) const;
  // The failures on the channel are taken as the agent's own, because most targets fail alike.
  bool suspects_outage(ChannelKind kind) const;
  // The channels known to be unavailable, and why.
  std::vector<verdict::ChannelFault> known_faults() const;

 private:
  struct Success {
    std::string target;  // empty: none yet
    SteadyTime at{};
  };
  enum class Known : uint8_t { nothing, alive, dead };
  struct State {
    State(OutageDetector detector, std::shared_ptr<Flight::Flights> in_progress)
        : outage(std::move(detector)), flights(std::move(in_progress)) {}
    std::array<Success, 2> successes;     // the newest of two different targets
    std::optional<SteadyTime> canary_at;  // the last answer of a canary
    std::optional<SteadyTime> asked_at;   // the last round of canaries
    CanaryRound round;                    // and its result
    Known known = Known::nothing;
    OutageDetector outage;
    bool outage_logged = false;
    std::shared_ptr<Flight::Flights> flights;
  };
  struct Judgement {
    CanaryResult result = CanaryResult::cannot_tell;
    bool outage = false;  // the reason is that most targets fail alike
    std::string detail;
  };
  using Judging = boost::asio::awaitable<Judgement>;

  bool is_proven(const State& state, const std::string& target, SteadyTime since) const;
  bool asked_lately(const State& state) const;
  bool peers_prove(Channel channel) const;
  void note_result(Channel channel, const IpAddress& address, uint16_t failure);
  SteadyTime oldest_proof(Channel channel, SteadyTime since) const;
  Judging judge(Channel channel, ChannelUse use, std::string target, SteadyTime since);
  boost::asio::awaitable<void> await_others(Channel channel, std::string target, SteadyTime since);
  boost::asio::awaitable<void> ask_canaries(Channel channel);
  boost::asio::awaitable<void> ask_for_zones();
  bool suspects(Channel channel, uint16_t failure);
  State& state(Channel channel) { return states_[static_cast<size_t>(channel)]; }
  const State& state(Channel channel) const { return states_[static_cast<size_t>(channel)]; }

  Environment environment_;
  Canaries canaries_;
  ValidationProof validation_;
  std::vector<AddressFamily> families_;
  std::chrono::milliseconds window_;
  std::vector<State> states_;  // by Channel
  async::SingleFlight<Channel> rounds_;
  SteadyTime record_at_{};
  std::string denies_;  // what the resolver denies although it exists; empty: nothing known
  std::optional<SteadyTime> zones_asked_at_;
  async::SingleFlight<int> zone_rounds_;
};

}  // namespace mtasts::check
