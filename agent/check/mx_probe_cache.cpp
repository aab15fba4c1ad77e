// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/mx_probe_cache.h"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/when_all.h"
#include "verdict/judge.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

// Another probe soon may see more: the lookups failed, our own line was dead, or the server put us
// off.
bool is_inconclusive(const verdict::MxHostEvidence& evidence) {
  const auto& answers = evidence.addresses.answers;
  return std::any_of(answers.begin(), answers.end(),
                     [](const auto& answer) { return !protocol::is_conclusive(answer.status); }) ||
         std::any_of(
             evidence.attempts.begin(), evidence.attempts.end(), [&](const SmtpAttempt& attempt) {
               return verdict::is_blind(evidence, attempt) || protocol::is_deferral(attempt);
             });
}

// What the rules find fault with, as far as it may pass or be mended from one look to the next.
bool is_fault(const SmtpAttempt& attempt) {
  if (attempt.status != SmtpStatus::ok || attempt.injected_bytes > 0) return true;
  return attempt.chain == nullptr || !attempt.chain->verified() ||
         !attempt.chain->weak_key.empty() || !attempt.chain->weak_signature.empty();
}

bool has_fault(const verdict::MxHostEvidence& evidence) {
  for (const protocol::DnsAnswer& answer : evidence.addresses.answers)
    if (!answer.cname_chain.empty() || !protocol::is_conclusive(answer.status)) return true;
  return evidence.attempts.empty() ||
         std::any_of(evidence.attempts.begin(), evidence.attempts.end(),
                     [&](const SmtpAttempt& attempt) {
                       return !verdict::is_blind(evidence, attempt) &&
                              !protocol::is_deferral(attempt) && is_fault(attempt);
                     });
}

constexpr auto kFirstRetry = std::chrono::minutes(1);
constexpr int kMostDoublings = 10;
// A third of the 15 minutes after which most domains are checked again.
constexpr std::chrono::milliseconds kLongestFault = std::chrono::minutes(5);

// After the given number of looks in a row.
std::chrono::milliseconds back_off(int looks) {
  return kFirstRetry * (1 << std::min(looks - 1, kMostDoublings));
}

}  // namespace

MxProbeCache::MxProbeCache(asio::any_io_executor executor, async::TaskGroup& tasks,
                           net::Resolver& resolver, net::SmtpProber& prober,
                           ChannelMonitor& channels, const settings::Settings& settings,
                           Clock clock, std::function<void(double)> observe_seconds,
                           std::function<SteadyClock::time_point()> now)
    : executor_(std::move(executor)),
      tasks_(tasks),
      resolver_(resolver),
      prober_(prober),
      channels_(channels),
      network_(settings.network),
      interval_(settings.check.smtp_interval),
      enabled_(settings.smtp.enabled),
      clock_(std::move(clock)),
      observe_seconds_(std::move(observe_seconds)),
      now_(std::move(now)) {}

asio::awaitable<MxProbe> MxProbeCache::look(std::string host) {
  Entry& entry = entries_[host];
  entry.asked = now_();
  bool fresh = entry.look.evidence != nullptr && entry.asked - entry.probed < lifetime(entry);
  if (fresh) co_return entry.look;
  if (entry.probing == nullptr) {
    auto done = std::make_shared<asio::steady_timer>(executor_, SteadyClock::time_point::max());
    entry.probing = done;
    // On its own feet: the check that asked first may be cancelled while others wait.
    tasks_.spawn(probe(host, done));
  }
  // A probe that waits for nothing may be over already.
  std::shared_ptr<asio::steady_timer> waiting = entry.probing;
  boost::system::error_code cancelled;
  if (waiting != nullptr)
    co_await waiting->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  auto found = entries_.find(host);
  MxProbe result;
  // Still running: we were cancelled, not the probe.
  if (found != entries_.end() && found->second.probing == nullptr) result = found->second.look;
  co_return result;
}

// What was not well is asked again after 1, 2, 4 … minutes, a fault after 5 at most (it may be
// mended), a server that puts us off after ever longer (it may do so because we ask), but nothing
// later than the interval.
std::chrono::milliseconds MxProbeCache::lifetime(const Entry& entry) const {
  std::chrono::milliseconds wait = interval_;
  if (entry.inconclusive > 0) wait = std::min(wait, back_off(entry.inconclusive));
  if (entry.faulty > 0) wait = std::min({wait, back_off(entry.faulty), kLongestFault});
  return wait;
}

bool MxProbeCache::uses(AddressFamily family) const {
  const auto& used = network_.families;
  return std::find(used.begin(), used.end(), family) != used.end();
}

asio::awaitable<void> MxProbeCache::probe(std::string host,
                                          std::shared_ptr<asio::steady_timer> done) {
  auto evidence = std::make_shared<verdict::MxHostEvidence>();
  evidence->host = host;
  evidence->probed_at = clock_();
  evidence->sight = verdict::Sight::none();
  std::exception_ptr broken;
  try {
    co_await collect(*evidence);
  } catch (...) {
    broken = std::current_exception();  // told below: those who wait must not wait for ever
  }
  Entry& entry = entries_[host];
  entry.inconclusive = is_inconclusive(*evidence) ? entry.inconclusive + 1 : 0;
  entry.faulty = has_fault(*evidence) ? entry.faulty + 1 : 0;
  entry.look.facts = verdict::describe_host(*evidence);
  entry.look.evidence = std::move(evidence);
  entry.probed = now_();
  entry.probing.reset();
  done->cancel();
  if (broken) std::rethrow_exception(broken);
}

asio::awaitable<void> MxProbeCache::collect(verdict::MxHostEvidence& evidence) {
  // Both families are looked up, whatever we may contact: that a host has no address is a fact.
  auto began = SteadyClock::now();  // as ChannelMonitor counts
  evidence.addresses.answers.resize(2);
  std::vector<asio::awaitable<void>> lookups;
  lookups.push_back(resolve(evidence, protocol::RecordType::a, 0));
  lookups.push_back(resolve(evidence, protocol::RecordType::aaaa, 1));
  co_await async::when_all(std::move(lookups));

  for (const protocol::DnsAnswer& answer : evidence.addresses.answers) {
    for (const IpAddress& address : answer.addresses) {
      if (evidence.attempts.size() >= kMostAddresses) break;
      if (!uses(address.family())) continue;
      SmtpAttempt attempt;
      attempt.address = address;
      if (!may_contact(address, network_.allow_private_addresses))
        attempt.status = SmtpStatus::not_allowed;
      evidence.attempts.push_back(std::move(attempt));
    }
  }
  if (enabled_) {
    std::vector<asio::awaitable<void>> probes;
    for (SmtpAttempt& attempt : evidence.attempts)
      if (attempt.status != SmtpStatus::not_allowed)
        probes.push_back(probe_address(evidence.host, attempt));
    co_await async::when_all(std::move(probes));
  }
  co_await see(evidence, began);
}

asio::awaitable<void> MxProbeCache::resolve(verdict::MxHostEvidence& evidence,
                                            protocol::RecordType type, size_t slot) {
  evidence.addresses.answers[slot] = co_await resolver_.query(evidence.host, type);
  if (protocol::is_conclusive(evidence.addresses.answers[slot].status))
    channels_.note_success(Wire::dns, evidence.host);
}

// Waits until nobody else talks to the address: many hosts may share one.
asio::awaitable<void> MxProbeCache::probe_address(const std::string& host, SmtpAttempt& attempt) {
  IpAddress address = attempt.address;
  for (auto held = busy_.find(address); held != busy_.end(); held = busy_.find(address)) {
    std::shared_ptr<asio::steady_timer> released = held->second;
    boost::system::error_code ignored;
    co_await released->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  auto release = std::make_shared<asio::steady_timer>(executor_, SteadyClock::time_point::max());
  busy_.emplace(address, release);
  std::exception_ptr broken;
  try {
    attempt = co_await prober_.probe(host, address);
  } catch (...) {
    broken = std::current_exception();  // told below: the address must not stay taken
  }
  busy_.erase(address);
  release->cancel();
  if (broken) std::rethrow_exception(broken);
  if (protocol::answered(attempt)) channels_.note_success(smtp_wire(address.family()), host);
  if (observe_seconds_) observe_seconds_(std::chrono::duration<double>(attempt.total_time).count());
}

// Asks whether the channels live, only where a failure has to be judged.
asio::awaitable<void> MxProbeCache::see(verdict::MxHostEvidence& evidence,
                                        SteadyClock::time_point began) {
  for (const protocol::DnsAnswer& answer : evidence.addresses.answers) {
    if (protocol::is_conclusive(answer.status)) continue;
    evidence.sight.dns = co_await channels_.is_alive(Wire::dns, evidence.host, began);
    break;
  }
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    bool& sees =
        family == AddressFamily::ipv4 ? evidence.sight.smtp_ipv4 : evidence.sight.smtp_ipv6;
    bool failed = false;
    for (const SmtpAttempt& attempt : evidence.attempts) {
      if (attempt.address.family() != family) continue;
      failed |= protocol::may_be_local(attempt);
      sees |= protocol::answered(attempt);
    }
    if (failed && !sees)
      sees = co_await channels_.is_alive(smtp_wire(family), evidence.host, began);
  }
}

void MxProbeCache::inherit(const MxProbeCache& other) {
  for (const auto& [host, entry] : other.entries_) {
    if (entry.look.evidence == nullptr) continue;
    Entry copy = entry;
    copy.probing.reset();
    entries_.emplace(host, std::move(copy));
  }
}

void MxProbeCache::sweep() {
  auto oldest = now_() - 2 * interval_;
  std::erase_if(entries_, [&](const auto& item) {
    return item.second.probing == nullptr && item.second.asked < oldest;
  });
}

}  // namespace mtasts::check
