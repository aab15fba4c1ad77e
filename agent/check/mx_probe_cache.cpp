// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/mx_probe_cache.h"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/backoff.h"
#include "async/for_each_index.h"
#include "check/address_selection.h"
#include "check/standstill.h"
#include "check/thresholds.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

// A third of the 15 minutes between two checks of most domains.
constexpr std::chrono::milliseconds kLongestFault = std::chrono::minutes(5);

}  // namespace

namespace {

// What of the thresholds a verdict on an MX host depends on.
verdict::Thresholds host_thresholds(const settings::Settings& settings) {
  verdict::Thresholds all = thresholds_of(settings);
  verdict::Thresholds used;
  used.expiry_warning = all.expiry_warning;
  used.expiry_critical = all.expiry_critical;
  used.vantage.dns_server = all.vantage.dns_server;
  used.vantage.dns_port = all.vantage.dns_port;
  return used;
}

}  // namespace

bool may_inherit(const settings::Settings& before, const settings::Settings& after) {
  // The content of a CA file may have changed under the same name.
  return before.smtp == after.smtp && before.network == after.network &&
         after.smtp.ca_file.empty() && host_thresholds(before) == host_thresholds(after);
}

MxProbeCache::MxProbeCache(Environment environment, ChannelMonitor& channels,
                           const settings::Settings& settings,
                           const verdict::Thresholds& thresholds)
    : environment_(std::move(environment)),
      channels_(channels),
      lookup_(environment_, channels),
      network_(settings.network),
      interval_(settings.check.smtp_interval),
      enabled_(settings.smtp.enabled),
      thresholds_(thresholds),
      probes_(environment_.executor, environment_.tasks),
      addresses_in_use_(environment_.executor),
      variants_(environment_, interval_, addresses_in_use_) {}

asio::awaitable<verdict::HostVerdictPtr> MxProbeCache::get(std::string host) {
  Entry& entry = entries_[host];
  entry.asked = environment_.steady_now();
  bool fresh = entry.verdict != nullptr && entry.asked - entry.probed < lifetime(entry);
  if (fresh) co_return entry.verdict;
  auto work = [this, host] { return probe(host); };
  async::AsyncEvent done = probes_.join(host, work);
  co_await done.wait();
  auto found = entries_.find(host);
  // Not set: the waiting coroutine was cancelled; the probe goes on.
  if (!done.is_set() || found == entries_.end()) co_return nullptr;
  co_return found->second.verdict;
}

// An inconclusive result is probed again after 1, 2, 4 … minutes. A fault is probed again after at
// most 5 minutes, because it may be fixed. A server that defers the agent is probed at growing
// intervals, because it may defer because of the probes. No delay exceeds the interval.
std::chrono::milliseconds MxProbeCache::lifetime(const Entry& entry) const {
  std::chrono::milliseconds wait = interval_;
  if (entry.inconclusive > 0) wait = std::min(wait, async::backoff_after(entry.inconclusive));
  if (entry.faulty > 0) wait = std::min({wait, async::backoff_after(entry.faulty), kLongestFault});
  return wait;
}

asio::awaitable<void> MxProbeCache::probe(std::string host) {
  auto evidence = std::make_shared<verdict::MxHostEvidence>();
  evidence->host = host;
  evidence->probed_at = environment_.clock();
  std::exception_ptr broken;
  try {
    co_await collect(*evidence);
  } catch (...) {
    broken = std::current_exception();
  }
  Entry& entry = entries_[host];
  entry.probed = environment_.steady_now();
  if (broken) {
    entry.verdict.reset();  // an older verdict must not be taken for a fresh one
    ++entry.inconclusive;
    std::rethrow_exception(broken);
  }
  entry.verdict = verdict::judge_host(std::move(evidence), thresholds_, environment_.clock());
  entry.inconclusive = entry.verdict->inconclusive ? entry.inconclusive + 1 : 0;
  entry.faulty = entry.verdict->has_fault ? entry.faulty + 1 : 0;
}

asio::awaitable<void> MxProbeCache::collect(verdict::MxHostEvidence& evidence) {
  SteadyTime began = environment_.steady_now();
  std::optional<async::LoopLag::Watch> watch;
  if (environment_.lag != nullptr) watch.emplace(environment_.lag->watch());
  co_await lookup_.addresses(evidence.host, evidence.host, evidence.addresses.answers);
  evidence.attempts = attempts_for<SmtpAttempt>(evidence.addresses, network_);
  if (enabled_) {
    auto one = [this, &evidence](size_t i) {
      return probe_address(evidence.host, evidence.attempts[i]);
    };
    co_await async::for_each_index(evidence.attempts.size(), kMaxConcurrent, one);
    co_await variants_.observe(evidence);
  }
  co_await assess_channels(evidence, began);
}

// One connection per address at a time: many hosts may share an address.
asio::awaitable<void> MxProbeCache::probe_address(const std::string& host, SmtpAttempt& attempt) {
  if (attempt.status == SmtpStatus::not_allowed) co_return;
  IpAddress address = attempt.address;
  ChannelMonitor::Flight flight = channels_.begin(channel_of(ChannelKind::smtp, address.family()));
  auto held = co_await addresses_in_use_.acquire(address);
  Standstill standstill(environment_.lag);
  attempt = co_await environment_.prober.probe(host, address);
  standstill.excuse(attempt);
  held.release();
  channels_.note_attempt(ChannelKind::smtp, host, attempt);
  environment_.metrics.observe_phase(Phase::smtp, attempt.total_time);
}

asio::awaitable<void> MxProbeCache::assess_channels(verdict::MxHostEvidence& evidence,
                                                    SteadyTime began) {
  LookupSummary lookups;
  lookups.add(evidence.addresses.answers);
  co_await lookups.assess(channels_, evidence.addresses.answers.front(), evidence.host, began,
                          evidence.channels, evidence.channel_faults);
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    ChannelUse smtp = channel_use(evidence.attempts, family);
    Channel channel = channel_of(ChannelKind::smtp, family);
    co_await channels_.assess(channel, smtp, evidence.host, began, evidence.channels,
                              evidence.channel_faults);
  }
}

void MxProbeCache::inherit(const MxProbeCache& other) {
  for (const auto& [host, entry] : other.entries_)
    if (entry.verdict != nullptr) entries_.emplace(host, entry);
  variants_.inherit(other.variants_);
}

void MxProbeCache::sweep() {
  SteadyTime oldest = environment_.steady_now() - 2 * interval_;
  std::erase_if(entries_, [&](const auto& item) {
    return !probes_.is_running(item.first) && item.second.asked < oldest;
  });
  variants_.sweep();
}

}  // namespace mtasts::check
