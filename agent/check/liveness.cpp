// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/liveness.h"

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

// A name server said something, whatever it was (interfaces.md: NXDOMAIN counts).
bool is_answer(protocol::DnsStatus status) { return protocol::is_conclusive(status); }

}  // namespace

Wire https_wire(AddressFamily family) {
  return family == AddressFamily::ipv4 ? Wire::https_ipv4 : Wire::https_ipv6;
}

Wire smtp_wire(AddressFamily family) {
  return family == AddressFamily::ipv4 ? Wire::smtp_ipv4 : Wire::smtp_ipv6;
}

Liveness::Liveness(asio::any_io_executor executor, Nursery& nursery, net::Resolver& resolver,
                   net::PolicyFetcher& fetcher, net::SmtpProber& prober,
                   const settings::CanarySettings& canaries,
                   const settings::NetworkSettings& network, milliseconds window)
    : executor_(std::move(executor)),
      nursery_(nursery),
      resolver_(resolver),
      fetcher_(fetcher),
      prober_(prober),
      canaries_(canaries),
      network_(network),
      window_(window) {}

void Liveness::answered(Wire wire, const std::string& target) {
  State& now = state(wire);
  now.canaries = Verdict::alive;
  Proof& newest = now.proofs[0];
  if (newest.target != target) {
    now.proofs[1] = newest;
    newest.target = target;
  }
  newest.at = SteadyClock::now();
}

bool Liveness::proven(const State& state, const std::string& target,
                      SteadyClock::time_point since) const {
  for (const Proof& proof : state.proofs)
    if (!proof.target.empty() && proof.target != target && proof.at >= since) return true;
  return false;
}

SteadyClock::time_point Liveness::oldest_proof(Wire wire, SteadyClock::time_point since) const {
  bool nobody_to_ask = wire == Wire::dns ? canaries_.dns.empty()
                       : is_https(wire)  ? canaries_.https.empty()
                                         : canaries_.smtp.empty();
  return nobody_to_ask ? SteadyClock::now() - window_ : since;
}

bool Liveness::https_alive() const {
  std::vector<Wire> wires;
  for (AddressFamily family : network_.families) wires.push_back(https_wire(family));
  return known_alive(wires);
}

bool Liveness::smtp_alive() const {
  std::vector<Wire> wires;
  for (AddressFamily family : network_.families) wires.push_back(smtp_wire(family));
  return known_alive(wires);
}

// A dead family is made good only by another that has really answered lately.
bool Liveness::known_alive(const std::vector<Wire>& wires) const {
  bool dead = false;
  bool answered_lately = false;
  auto oldest = SteadyClock::now() - window_;
  for (Wire wire : wires) {
    const State& known = states_[static_cast<size_t>(wire)];
    dead |= known.canaries == Verdict::dead;
    answered_lately |= known.canaries != Verdict::dead && !known.proofs[0].target.empty() &&
                       known.proofs[0].at >= oldest;
  }
  return !dead || answered_lately;
}

asio::awaitable<bool> Liveness::alive(Wire wire, std::string target,
                                      SteadyClock::time_point since) {
  Verdict verdict = co_await ask(wire, target, since);
  if (verdict == Verdict::cannot_tell && other_family(wire) != wire)
    verdict = co_await ask(other_family(wire), target, since);
  co_return verdict == Verdict::alive;
}

asio::awaitable<Liveness::Verdict> Liveness::ask(Wire wire, std::string target,
                                                 SteadyClock::time_point since) {
  State& now = state(wire);
  auto oldest = oldest_proof(wire, since);
  if (proven(now, target, oldest)) co_return Verdict::alive;
  bool asked_lately = SteadyClock::now() - now.asked_at < kRetryDead;
  if (now.canaries != Verdict::alive && asked_lately) co_return now.canaries;
  if (now.asking == nullptr) {
    auto done = std::make_shared<asio::steady_timer>(executor_, SteadyClock::time_point::max());
    now.asking = done;
    // On its own feet: the check that asked first may be cancelled while others wait.
    nursery_.spawn(settle(wire, done));
  }
  // A round that waits for nothing may be over already.
  std::shared_ptr<asio::steady_timer> waiting = now.asking;
  boost::system::error_code ignored;
  if (waiting != nullptr)
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  if (proven(now, target, oldest)) co_return Verdict::alive;
  co_return now.canaries == Verdict::alive ? Verdict::dead : now.canaries;
}

asio::awaitable<void> Liveness::settle(Wire wire, std::shared_ptr<asio::steady_timer> done) {
  Verdict verdict = Verdict::cannot_tell;
  std::exception_ptr broken;
  try {
    verdict = co_await ask_canaries(wire);
  } catch (...) {
    broken = std::current_exception();  // told below: those who wait must not wait for ever
  }
  State& now = state(wire);
  if (verdict == Verdict::dead && now.canaries != Verdict::dead)
    log(LogLevel::warning, "channel is dead for us, its failures count as unknown",
        {{"channel", std::string(name_of(wire))}});
  now.canaries = verdict;
  now.asked_at = SteadyClock::now();
  now.asking.reset();
  done->cancel();
  if (broken) std::rethrow_exception(broken);
}

asio::awaitable<Liveness::Verdict> Liveness::ask_canaries(Wire wire) {
  if (wire == Wire::dns) co_return co_await ask_dns();
  const auto& hosts = is_https(wire) ? canaries_.https : canaries_.smtp;
  Verdict verdict = Verdict::cannot_tell;
  for (const std::string& host : hosts) {
    Verdict one = co_await ask_host(wire, host);
    if (one == Verdict::cannot_tell) continue;
    verdict = one;
    if (verdict == Verdict::dead) continue;
    answered(wire, "canary " + host);
    break;
  }
  co_return verdict;
}

asio::awaitable<Liveness::Verdict> Liveness::ask_dns() {
  Verdict verdict = Verdict::cannot_tell;
  for (const std::string& name : canaries_.dns) {
    protocol::DnsAnswer answer = co_await resolver_.query(name, protocol::RecordType::ns);
    verdict = is_answer(answer.status) ? Verdict::alive : Verdict::dead;
    if (verdict == Verdict::dead) continue;
    answered(Wire::dns, "canary " + name);
    break;
  }
  co_return verdict;
}

asio::awaitable<Liveness::Verdict> Liveness::ask_host(Wire wire, std::string host) {
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
    if (answers) co_return Verdict::alive;
  }
  // A canary that is known to have no such address is no witness; one that cannot be looked up is
  // a sign that we see nothing.
  bool absent = tried == 0 && protocol::is_conclusive(answer.status);
  co_return absent ? Verdict::cannot_tell : Verdict::dead;
}

}  // namespace mtasts::check
