// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/channel_monitor.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>

#include "base/log.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// A dead channel is not asked again before this: thousands of failing checks share one answer.
constexpr auto kRetryDead = std::chrono::seconds(30);
constexpr size_t kAddressesPerCanary = 2;

std::string_view name_of(Wire wire) {
  switch (wire) {
    case Wire::dns:
      return "dns";
    case Wire::https_ipv4:
      return "https over ipv4";
    case Wire::https_ipv6:
      return "https over ipv6";
    case Wire::smtp_ipv4:
      return "smtp over ipv4";
    case Wire::smtp_ipv6:
      return "smtp over ipv6";
  }
  return "?";
}

AddressFamily family_of(Wire wire) {
  return wire == Wire::https_ipv6 || wire == Wire::smtp_ipv6 ? AddressFamily::ipv6
                                                             : AddressFamily::ipv4;
}

Wire other_family(Wire wire) {
  switch (wire) {
    case Wire::https_ipv4:
      return Wire::https_ipv6;
    case Wire::https_ipv6:
      return Wire::https_ipv4;
    case Wire::smtp_ipv4:
      return Wire::smtp_ipv6;
    case Wire::smtp_ipv6:
      return Wire::smtp_ipv4;
    case Wire::dns:
      break;
  }
  return wire;
}

bool is_https(Wire wire) { return wire == Wire::https_ipv4 || wire == Wire::https_ipv6; }

// A name server said something, whatever it was: NXDOMAIN counts.
bool is_answer(protocol::DnsStatus status) { return protocol::is_conclusive(status); }

}  // namespace

Wire https_wire(AddressFamily family) {
  return family == AddressFamily::ipv4 ? Wire::https_ipv4 : Wire::https_ipv6;
}

Wire smtp_wire(AddressFamily family) {
  return family == AddressFamily::ipv4 ? Wire::smtp_ipv4 : Wire::smtp_ipv6;
}

ChannelMonitor::ChannelMonitor(asio::any_io_executor executor, async::TaskGroup& tasks,
                               net::Resolver& resolver, net::PolicyFetcher& fetcher,
                               net::SmtpProber& prober, const settings::CanarySettings& canaries,
                               const settings::NetworkSettings& network, milliseconds window)
    : executor_(std::move(executor)),
      tasks_(tasks),
      resolver_(resolver),
      fetcher_(fetcher),
      prober_(prober),
      canaries_(canaries),
      network_(network),
      window_(window) {}

void ChannelMonitor::note_success(Wire wire, const std::string& target) {
  State& now = state(wire);
  now.canaries = CanaryResult::alive;
  Proof& newest = now.proofs[0];
  if (newest.target != target) {
    now.proofs[1] = newest;
    newest.target = target;
  }
  newest.at = SteadyClock::now();
}

bool ChannelMonitor::proven(const State& state, const std::string& target,
                            SteadyClock::time_point since) const {
  for (const Proof& proof : state.proofs)
    if (!proof.target.empty() && proof.target != target && proof.at >= since) return true;
  return false;
}

SteadyClock::time_point ChannelMonitor::oldest_proof(Wire wire,
                                                     SteadyClock::time_point since) const {
  bool nobody_to_ask = wire == Wire::dns ? canaries_.dns.empty()
                       : is_https(wire)  ? canaries_.https.empty()
                                         : canaries_.smtp.empty();
  return nobody_to_ask ? SteadyClock::now() - window_ : since;
}

bool ChannelMonitor::https_alive() const {
  std::vector<Wire> wires;
  for (AddressFamily family : network_.families) wires.push_back(https_wire(family));
  return known_alive(wires);
}

bool ChannelMonitor::smtp_alive() const {
  std::vector<Wire> wires;
  for (AddressFamily family : network_.families) wires.push_back(smtp_wire(family));
  return known_alive(wires);
}

// A dead family is made good only by another that has really answered lately.
bool ChannelMonitor::known_alive(const std::vector<Wire>& wires) const {
  bool dead = false;
  bool answered_lately = false;
  auto oldest = SteadyClock::now() - window_;
  for (Wire wire : wires) {
    const State& known = states_[static_cast<size_t>(wire)];
    dead |= known.canaries == CanaryResult::dead;
    answered_lately |= known.canaries != CanaryResult::dead && !known.proofs[0].target.empty() &&
                       known.proofs[0].at >= oldest;
  }
  return !dead || answered_lately;
}

asio::awaitable<bool> ChannelMonitor::is_alive(Wire wire, std::string target,
                                               SteadyClock::time_point since) {
  CanaryResult result = co_await ask(wire, target, since);
  if (result == CanaryResult::cannot_tell && other_family(wire) != wire)
    result = co_await ask(other_family(wire), target, since);
  co_return result == CanaryResult::alive;
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask(Wire wire, std::string target,
                                                                  SteadyClock::time_point since) {
  State& now = state(wire);
  auto oldest = oldest_proof(wire, since);
  if (proven(now, target, oldest)) co_return CanaryResult::alive;
  bool asked_lately = SteadyClock::now() - now.asked_at < kRetryDead;
  if (now.canaries != CanaryResult::alive && asked_lately) co_return now.canaries;
  if (now.asking == nullptr) {
    auto done = std::make_shared<asio::steady_timer>(executor_, SteadyClock::time_point::max());
    now.asking = done;
    // On its own feet: the check that asked first may be cancelled while others wait.
    tasks_.spawn(settle(wire, done));
  }
  // A round that waits for nothing may be over already.
  std::shared_ptr<asio::steady_timer> waiting = now.asking;
  boost::system::error_code ignored;
  if (waiting != nullptr)
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (proven(now, target, oldest)) co_return CanaryResult::alive;
  co_return now.canaries == CanaryResult::alive ? CanaryResult::dead : now.canaries;
}

asio::awaitable<void> ChannelMonitor::settle(Wire wire, std::shared_ptr<asio::steady_timer> done) {
  CanaryResult result = CanaryResult::cannot_tell;
  std::exception_ptr broken;
  try {
    result = co_await ask_canaries(wire);
  } catch (...) {
    broken = std::current_exception();  // told below: those who wait must not wait for ever
  }
  State& now = state(wire);
  if (result == CanaryResult::dead && now.canaries != CanaryResult::dead)
    log(LogLevel::warning, "channel is dead for us, its failures count as unknown",
        {{"channel", std::string(name_of(wire))}});
  now.canaries = result;
  now.asked_at = SteadyClock::now();
  now.asking.reset();
  done->cancel();
  if (broken) std::rethrow_exception(broken);
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask_canaries(Wire wire) {
  if (wire == Wire::dns) co_return co_await ask_dns();
  const auto& hosts = is_https(wire) ? canaries_.https : canaries_.smtp;
  CanaryResult result = CanaryResult::cannot_tell;
  for (const std::string& host : hosts) {
    CanaryResult one = co_await ask_host(wire, host);
    if (one == CanaryResult::cannot_tell) continue;
    result = one;
    if (result == CanaryResult::dead) continue;
    note_success(wire, "canary " + host);
    break;
  }
  co_return result;
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask_dns() {
  CanaryResult result = CanaryResult::cannot_tell;
  for (const std::string& name : canaries_.dns) {
    protocol::DnsAnswer answer = co_await resolver_.query(name, protocol::RecordType::ns);
    result = is_answer(answer.status) ? CanaryResult::alive : CanaryResult::dead;
    if (result == CanaryResult::dead) continue;
    note_success(Wire::dns, "canary " + name);
    break;
  }
  co_return result;
}

asio::awaitable<ChannelMonitor::CanaryResult> ChannelMonitor::ask_host(Wire wire,
                                                                       std::string host) {
  auto type =
      family_of(wire) == AddressFamily::ipv4 ? protocol::RecordType::a : protocol::RecordType::aaaa;
  protocol::DnsAnswer answer = co_await resolver_.query(host, type);
  size_t tried = 0;
  for (const IpAddress& address : answer.addresses) {
    if (!may_contact(address, network_.allow_private_addresses)) continue;
    if (++tried > kAddressesPerCanary) break;
    bool answers = false;
    if (is_https(wire)) {
      protocol::HttpsAttempt attempt = co_await fetcher_.shake_hands(host, address);
      answers = protocol::answered(attempt);
    } else {
      protocol::SmtpAttempt attempt = co_await prober_.greet(host, address);
      answers = protocol::answered(attempt);
    }
    if (answers) co_return CanaryResult::alive;
  }
  // A canary that is known to have no such address is no witness; one that cannot be looked up is
  // a sign that we see nothing.
  bool absent = tried == 0 && protocol::is_conclusive(answer.status);
  co_return absent ? CanaryResult::cannot_tell : CanaryResult::dead;
}

}  // namespace mtasts::check
