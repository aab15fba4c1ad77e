// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/channel_monitor.h"

#include <boost/asio/use_awaitable.hpp>

#include "async/deadline.h"
#include "base/log.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using verdict::ChannelFault;

// Minimum time between canary rounds on an unavailable channel; thousands of failing checks share
// one result.
constexpr auto kRetryUnavailable = std::chrono::seconds(30);
// The same where targets answer again, so that the canary is likely to.
constexpr auto kRetryAnswering = std::chrono::seconds(5);
// How long a failure waits for attempts in progress on its channel. Most servers answer sooner, and
// the canaries are asked then.
constexpr auto kPatience = std::chrono::seconds(5);
constexpr std::string_view kNoOtherProof =
    "no other host answers, and no canary is configured or has an address of this family";
constexpr std::string_view kOutage = "most hosts that answered before began to fail alike";

Channel other_family(Channel channel) {
  auto family = family_of(channel);
  if (!family) return channel;
  return channel_of(kind_of(channel),
                    *family == AddressFamily::ipv4 ? AddressFamily::ipv6 : AddressFamily::ipv4);
}

// Failures of many addresses of one network are one failure: an IPv4 /24 or IPv6 /48, which is what
// one site is usually assigned.
std::string network_of(const IpAddress& address) {
  const auto* octets = reinterpret_cast<const char*>(address.octets().data());
  return std::string(octets, address.family() == AddressFamily::ipv4 ? 3 : 6);
}

std::chrono::milliseconds span_of(Channel channel, const settings::CheckSettings& check) {
  // Two rounds: the first failure of one target and of another may be a whole round apart.
  return 2 * (kind_of(channel) == ChannelKind::smtp ? check.smtp_interval : check.interval);
}

asio::awaitable<bool> happens(async::AsyncEvent event) {
  co_await event.wait();
  co_return true;
}

}  // namespace

struct ChannelMonitor::Flight::Flights {
  explicit Flights(const asio::any_io_executor& any) : executor(any), changed(any) {}

  // Wakes everybody who waits for a change.
  void change() {
    async::AsyncEvent happened = changed;
    changed = async::AsyncEvent(executor);
    happened.set();
  }

  asio::any_io_executor executor;
  std::set<uint64_t> running;
  uint64_t next = 0;
  async::AsyncEvent changed;  // an attempt ended, or a target answered
};

ChannelMonitor::Flight::Flight(std::shared_ptr<Flights> flights, uint64_t id)
    : flights_(std::move(flights)), id_(id) {}

ChannelMonitor::Flight::~Flight() {
  if (flights_ == nullptr) return;
  flights_->running.erase(id_);
  flights_->change();
}

ChannelMonitor::ChannelMonitor(Environment environment, const settings::Settings& settings)
    : environment_(std::move(environment)),
      canaries_(environment_, settings.canary, settings.network),
      validation_(environment_),
      families_(settings.network.families),
      window_(settings.check.interval),
      rounds_(environment_.executor, environment_.tasks),
      zone_rounds_(environment_.executor, environment_.tasks) {
  for (Channel channel : kChannels)
    states_.emplace_back(OutageDetector(span_of(channel, settings.check), environment_.steady_now),
                         std::make_shared<Flight::Flights>(environment_.executor));
}

ChannelMonitor::Flight ChannelMonitor::begin(Channel channel) {
  const std::shared_ptr<Flight::Flights>& flights = state(channel).flights;
  uint64_t id = flights->next++;
  flights->running.insert(id);
  return Flight(flights, id);
}

bool ChannelMonitor::peers_prove(Channel channel) const {
  return channel != Channel::dns || !canaries_.has(ChannelKind::dns);
}

bool ChannelMonitor::asked_lately(const State& state) const {
  return state.asked_at && environment_.steady_now() - *state.asked_at < kRetryUnavailable;
}

void ChannelMonitor::note_success(Channel channel, const std::string& target) {
  State& now = state(channel);
  if (now.known != Known::dead || peers_prove(channel)) {
    now.known = Known::alive;
  } else if (environment_.steady_now() - *now.asked_at >= kRetryAnswering) {
    auto work = [this, channel] { return ask_canaries(channel); };
    rounds_.join(channel, work);  // nobody waits: to learn that the channel is back
  }
  Success& newest = now.successes[0];
  if (newest.target != target) {
    now.successes[1] = newest;
    newest.target = target;
  }
  newest.at = environment_.steady_now();
  now.flights->change();
}

void ChannelMonitor::note_result(Channel channel, const IpAddress& address, uint16_t failure) {
  OutageDetector& outage = state(channel).outage;
  std::string network = network_of(address);
  failure == 0 ? outage.note_answer(network) : outage.note_failure(network, failure);
}

void ChannelMonitor::note_lookups(const std::string& domain, uint16_t failure) {
  OutageDetector& outage = state(Channel::dns).outage;
  failure == 0 ? outage.note_answer(domain) : outage.note_failure(domain, failure);
}

bool ChannelMonitor::is_proven(const State& state, const std::string& target,
                               SteadyTime since) const {
  for (const Success& success : state.successes)
    if (!success.target.empty() && success.target != target && success.at >= since) return true;
  return false;
}

SteadyTime ChannelMonitor::oldest_proof(Channel channel, SteadyTime since) const {
  return canaries_.has(kind_of(channel)) ? since : environment_.steady_now() - window_;
}

bool ChannelMonitor::suspects(Channel channel, uint16_t failure) {
  State& now = state(channel);
  bool suspected = now.outage.suspects(failure);
  if (suspected && !now.outage_logged)
    log(LogLevel::warning,
        "most targets of a channel fail alike; reported as unknown unless a "
        "canary answers",
        {{"channel", std::string(name_of(channel))}});
  now.outage_logged = suspected;
  return suspected;
}

asio::awaitable<void> ChannelMonitor::assess(Channel channel, ChannelUse use, std::string target,
                                             SteadyTime since, ChannelSet& channels,
                                             std::vector<ChannelFault>& faults) {
  if (use.answered) channels.insert(channel);
  if (use.answered || !use.failed) co_return;
  Judgement judgement = co_await judge(channel, use, target, since);
  Channel other = other_family(channel);
  bool undecided = judgement.result == CanaryResult::cannot_tell && !judgement.outage;
  if (undecided && other != channel) {
    Judgement second = co_await judge(other, use, target, since);
    if (second.result != CanaryResult::cannot_tell) judgement = std::move(second);
  }
  if (judgement.result == CanaryResult::available) {
    channels.insert(channel);
    co_return;
  }
  ChannelFault fault;
  fault.channel = channel;
  fault.kind = judgement.outage ? ChannelFault::Kind::outage : ChannelFault::Kind::unreachable;
  fault.detail = std::move(judgement.detail);
  faults.push_back(std::move(fault));
}

// Returns when another target has answered, when the attempts in progress have ended, or when that
// takes too long.
asio::awaitable<void> ChannelMonitor::await_others(Channel channel, std::string target,
                                                   SteadyTime since) {
  const std::shared_ptr<Flight::Flights> flights = state(channel).flights;
  const uint64_t newcomers = flights->next;
  const SteadyTime limit = environment_.steady_now() + kPatience;
  for (;;) {
    bool waiting = !flights->running.empty() && *flights->running.begin() < newcomers &&
                   !is_proven(state(channel), target, since);
    SteadyTime now = environment_.steady_now();
    if (!waiting || now >= limit) co_return;
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(limit - now);
    async::AsyncEvent changed = flights->changed;
    auto happened = co_await async::with_deadline(happens(changed), left);
    if (!happened) co_return;
  }
}

ChannelMonitor::Judging ChannelMonitor::judge(Channel channel, ChannelUse use, std::string target,
                                              SteadyTime since) {
  State& now = state(channel);
  SteadyTime oldest = oldest_proof(channel, since);
  Judgement judgement;
  judgement.outage = suspects(channel, use.failure);
  auto proven = [&] {
    bool by_peer =
        !suspects(channel, use.failure) && peers_prove(channel) && is_proven(now, target, oldest);
    return by_peer || (now.canary_at && *now.canary_at >= since);
  };
  judgement.result = CanaryResult::available;
  if (proven()) co_return judgement;
  bool dead = now.known == Known::dead && asked_lately(now);
  if (!dead && peers_prove(channel)) co_await await_others(channel, target, oldest);
  if (proven()) co_return judgement;
  bool settled = dead || (now.round.result == CanaryResult::cannot_tell && asked_lately(now));
  if (!settled && canaries_.has(kind_of(channel))) {
    auto work = [this, channel] { return ask_canaries(channel); };
    async::AsyncEvent round = rounds_.join(channel, work);
    co_await round.wait();
    if (proven()) co_return judgement;
  }
  judgement.outage = suspects(channel, use.failure);
  judgement.result = CanaryResult::cannot_tell;
  judgement.detail = judgement.outage ? kOutage : kNoOtherProof;
  if (now.round.result != CanaryResult::unavailable) co_return judgement;
  judgement.result = CanaryResult::unavailable;
  judgement.outage = false;
  judgement.detail = now.round.detail;
  co_return judgement;
}

asio::awaitable<void> ChannelMonitor::ask_canaries(Channel channel) {
  CanaryRound round = co_await canaries_.ask(channel);
  State& now = state(channel);
  if (round.result == CanaryResult::unavailable && now.known != Known::dead)
    log(LogLevel::warning, "channel unavailable; its failures are reported as unknown",
        {{"channel", std::string(name_of(channel))}, {"canaries", round.detail}});
  now.asked_at = environment_.steady_now();
  if (round.result == CanaryResult::available) {
    now.canary_at = now.asked_at;
    now.known = Known::alive;
    now.outage.disprove();
  } else if (round.result == CanaryResult::unavailable) {
    now.known = Known::dead;
  }
  now.round = std::move(round);
}

asio::awaitable<void> ChannelMonitor::ask_for_zones() {
  CanaryRound round = co_await canaries_.ask_for_zones();
  zones_asked_at_ = environment_.steady_now();
  if (round.result == CanaryResult::unavailable && denies_.empty())
    log(LogLevel::warning, "the resolver denies names that exist; denials are reported as unknown",
        {{"asked", round.detail}});
  denies_ = round.result == CanaryResult::unavailable ? std::move(round.detail) : std::string();
}

asio::awaitable<std::optional<std::string>> ChannelMonitor::implausible_denial(bool nxdomain,
                                                                               SteadyTime since) {
  std::optional<std::string> reason;
  if (!canaries_.has(ChannelKind::dns)) co_return reason;
  bool suspicious = nxdomain && suspects(Channel::dns, failure_of(protocol::DnsStatus::nxdomain));
  if (!suspicious && record_at_ >= since) co_return reason;
  bool known = zones_asked_at_ &&
               environment_.steady_now() - *zones_asked_at_ < kRetryUnavailable && !denies_.empty();
  if (!known) {
    auto work = [this] { return ask_for_zones(); };
    async::AsyncEvent round = zone_rounds_.join(0, work);
    co_await round.wait();
  }
  if (!denies_.empty()) reason = denies_;
  co_return reason;
}

// An unavailable family counts as available only if the other family has answered recently.
std::optional<bool> ChannelMonitor::known_available(ChannelKind kind) const {
  if (suspects_outage(kind) || (kind == ChannelKind::dns && !denies_.empty())) return false;
  bool unavailable = false;
  bool known = false;
  bool answered_lately = false;
  SteadyTime oldest = environment_.steady_now() - window_;
  for (AddressFamily family : families_) {
    const State& one = state(channel_of(kind, family));
    known |= one.known != Known::nothing;
    unavailable |= one.known == Known::dead;
    answered_lately |= one.known == Known::alive && !one.successes[0].target.empty() &&
                       one.successes[0].at >= oldest;
  }
  if (!known) return std::nullopt;
  return !unavailable || answered_lately;
}

bool ChannelMonitor::suspects_outage(ChannelKind kind) const {
  return std::any_of(families_.begin(), families_.end(), [&](AddressFamily family) {
    return state(channel_of(kind, family)).outage.suspects_any();
  });
}

std::vector<ChannelFault> ChannelMonitor::known_faults() const {
  std::vector<ChannelFault> faults;
  auto add = [&](Channel channel, ChannelFault::Kind kind, std::string_view detail) {
    faults.push_back({channel, kind, std::string(detail)});
  };
  for (Channel channel : kChannels) {
    auto family = family_of(channel);
    bool used = !family || std::count(families_.begin(), families_.end(), *family) > 0;
    if (!used) continue;
    const State& one = state(channel);
    if (one.known == Known::dead)
      add(channel, ChannelFault::Kind::unreachable, one.round.detail);
    else if (one.outage.suspects_any())
      add(channel, ChannelFault::Kind::outage, kOutage);
  }
  if (!denies_.empty()) add(Channel::dns, ChannelFault::Kind::denies, denies_);
  return faults;
}

}  // namespace mtasts::check
