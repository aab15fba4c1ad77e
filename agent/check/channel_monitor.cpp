// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/channel_monitor.h"

#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

// Minimum time between canary rounds on an unavailable channel; thousands of failing checks share
// one result.
constexpr auto kRetryUnavailable = std::chrono::seconds(30);
constexpr size_t kMaxAddressesPerCanary = 2;

Channel other_family(Channel channel) {
  auto family = family_of(channel);
  if (!family) return channel;
  return channel_of(kind_of(channel),
                    *family == AddressFamily::ipv4 ? AddressFamily::ipv6 : AddressFamily::ipv4);
}

}  // namespace

ChannelMonitor::ChannelMonitor(Environment environment, const settings::CanarySettings& canaries,
                               const settings::NetworkSettings& network, milliseconds window)
    : environment_(std::move(environment)),
      canaries_(canaries),
      network_(network),
      window_(window),
      rounds_(environment_.executor, environment_.tasks) {}

void ChannelMonitor::note_success(Channel channel, const std::string& target) {
  State& now = state(channel);
  now.canaries = CanaryResult::available;
  Success& newest = now.successes[0];
  if (newest.target != target) {
    now.successes[1] = newest;
    newest.target = target;
  }
  newest.at = environment_.steady_now();
}

bool ChannelMonitor::is_proven(const State& state, const std::string& target,
                               SteadyTime since) const {
  for (const Success& success : state.successes)
    if (!success.target.empty() && success.target != target && success.at >= since) return true;
  return false;
}

const std::vector<std::string>& ChannelMonitor::canaries_of(ChannelKind kind) const {
  switch (kind) {
    case ChannelKind::dns:
      return canaries_.dns;
    case ChannelKind::https:
      return canaries_.https;
    case ChannelKind::smtp:
      break;
  }
  return canaries_.smtp;
}

SteadyTime ChannelMonitor::oldest_proof(Channel channel, SteadyTime since) const {
  return canaries_of(kind_of(channel)).empty() ? environment_.steady_now() - window_ : since;
}

// An unavailable family counts as available only if the other family has answered recently.
bool ChannelMonitor::known_available(ChannelKind kind) const {
  bool unavailable = false;
  bool answered_lately = false;
  SteadyTime oldest = environment_.steady_now() - window_;
  for (AddressFamily family : network_.families) {
    const State& known = states_[static_cast<size_t>(channel_of(kind, family))];
    bool dead = known.canaries == CanaryResult::unavailable;
    unavailable |= dead;
    answered_lately |=
        !dead && !known.successes[0].target.empty() && known.successes[0].at >= oldest;
  }
  return !unavailable || answered_lately;
}

asio::awaitable<bool> ChannelMonitor::is_available(Channel channel, std::string target,
                                                   SteadyTime since) {
  CanaryResult result = co_await judge(channel, target, since);
  Channel other = other_family(channel);
  if (result == CanaryResult::cannot_tell && other != channel)
    result = co_await judge(other, target, since);
  co_return result == CanaryResult::available;
}

asio::awaitable<void> ChannelMonitor::assess(Channel channel, ChannelUse use, std::string target,
                                             SteadyTime since, ChannelSet& channels) {
  bool available = use.answered;
  if (use.failed && !available) available = co_await is_available(channel, target, since);
  if (available) channels.insert(channel);
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::judge(Channel channel,
                                                                    std::string target,
                                                                    SteadyTime since) {
  State& now = state(channel);
  SteadyTime oldest = oldest_proof(channel, since);
  if (is_proven(now, target, oldest)) co_return CanaryResult::available;
  bool asked_lately = environment_.steady_now() - now.asked_at < kRetryUnavailable;
  if (now.canaries != CanaryResult::available && asked_lately) co_return now.canaries;
  auto work = [this, channel] { return ask_canaries(channel); };
  async::AsyncEvent round = rounds_.join(channel, work);
  co_await round.wait();
  if (is_proven(now, target, oldest)) co_return CanaryResult::available;
  co_return now.canaries == CanaryResult::available ? CanaryResult::unavailable : now.canaries;
}

asio::awaitable<void> ChannelMonitor::ask_canaries(Channel channel) {
  CanaryResult result = co_await ask_any(channel);
  State& now = state(channel);
  if (result == CanaryResult::unavailable && now.canaries != CanaryResult::unavailable)
    log(LogLevel::warning, "channel unavailable; its failures are reported as unknown",
        {{"channel", std::string(name_of(channel))}});
  now.canaries = result;
  now.asked_at = environment_.steady_now();
}

// Contacts one canary after another until one answers.
asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask_any(Channel channel) {
  CanaryResult result = CanaryResult::cannot_tell;
  for (const std::string& canary : canaries_of(kind_of(channel))) {
    CanaryResult one = co_await ask(channel, canary);
    if (one == CanaryResult::cannot_tell) continue;
    result = one;
    if (result == CanaryResult::unavailable) continue;
    note_success(channel, "canary " + canary);
    break;
  }
  co_return result;
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask(Channel channel,
                                                                  std::string canary) {
  if (channel != Channel::dns) co_return co_await ask_host(channel, canary);
  protocol::DnsAnswer answer =
      co_await environment_.resolver.query(canary, protocol::RecordType::ns);
  // Any response counts, NXDOMAIN included.
  co_return protocol::is_conclusive(answer.status) ? CanaryResult::available
                                                   : CanaryResult::unavailable;
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask_host(Channel channel,
                                                                       std::string host) {
  auto type = family_of(channel) == AddressFamily::ipv4 ? protocol::RecordType::a
                                                        : protocol::RecordType::aaaa;
  protocol::DnsAnswer answer = co_await environment_.resolver.query(host, type);
  size_t tried = 0;
  for (const IpAddress& address : answer.addresses) {
    if (!may_contact(address, network_.allow_private_addresses)) continue;
    if (++tried > kMaxAddressesPerCanary) break;
    bool available = false;
    if (kind_of(channel) == ChannelKind::https) {
      protocol::HttpsAttempt attempt = co_await environment_.fetcher.shake_hands(host, address);
      available = protocol::answered(attempt);
    } else {
      protocol::SmtpAttempt attempt = co_await environment_.prober.greet(host, address);
      available = protocol::answered(attempt);
    }
    if (available) co_return CanaryResult::available;
  }
  // A canary known to have no address of this family proves nothing; one that cannot be looked up
  // shows that the channel could not be observed.
  bool absent = tried == 0 && protocol::is_conclusive(answer.status);
  co_return absent ? CanaryResult::cannot_tell : CanaryResult::unavailable;
}

}  // namespace mtasts::check
