// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/mx_probe_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <exception>

#include "async/backoff.h"
#include "async/for_each_index.h"
#include "async/when_all.h"
#include "check/address_selection.h"
#include "check/standstill.h"
#include "check/thresholds.h"
#include "protocol/smtp/deferral.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::SmtpAttempt;
using protocol::SmtpStatus;

// A third of the 15 minutes between two checks of most domains.
constexpr std::chrono::milliseconds kLongestFault = std::chrono::minutes(5);
// Shorter than the time until a fault is confirmed by another probe.
constexpr std::chrono::milliseconds kFailureShared = std::chrono::seconds(30);
// An address that defers the agent may do so because of the connections: it gets one at a time.
constexpr std::chrono::milliseconds kDeferredFor = std::chrono::hours(1);

// The failure came about before the server could know for which name the agent came.
bool is_same_for_every_name(const SmtpAttempt& attempt) {
  switch (attempt.status) {
    case SmtpStatus::refused:
    case SmtpStatus::connect_timeout:
    case SmtpStatus::unreachable:
    case SmtpStatus::timeout:
    case SmtpStatus::banner_rejected:
    case SmtpStatus::ehlo_rejected:
    case SmtpStatus::tarpit:
      return true;
    default:
      return false;
  }
}

}  // namespace

MxProbeCache::MxProbeCache(Environment environment, ChannelMonitor& channels,
                           const settings::Settings& settings,
                           const verdict::Thresholds& thresholds)
    : environment_(std::move(environment)),
      channels_(channels),
      lookup_(environment_, channels),
      dane_(environment_, channels),
      network_(settings.network),
      interval_(settings.check.smtp_interval),
      longest_wait_(settings.check.timeout),
      enabled_(settings.smtp.enabled),
      thresholds_(thresholds),
      probes_(environment_.executor, environment_.tasks),
      slots_(
          environment_.executor, [this](const IpAddress& address) { return most_at_once(address); },
          kMaxWaiting),
      allowance_(std::make_shared<NameAllowance>(interval_)),
      variants_(environment_, interval_, longest_wait_, slots_) {}

asio::awaitable<verdict::HostVerdictPtr> MxProbeCache::get(std::string host, std::string domain) {
  // Again only where the probe was another domain's and its allowance did not suffice.
  for (;;) {
    Entry& entry = (*entries_)[host];
    entry.asked = environment_.steady_now();
    const bool fresh = entry.verdict != nullptr && entry.asked - entry.probed < lifetime(entry) &&
                       (entry.denied.empty() || entry.denied == domain);
    if (fresh) co_return entry.verdict;
    auto work = [this, host, domain] { return probe(host, domain); };
    async::AsyncEvent done = probes_.join(host, work);
    co_await done.wait();
    auto found = entries_->find(host);
    // Not set: the waiting coroutine was cancelled; the probe goes on.
    if (!done.is_set() || found == entries_->end()) co_return nullptr;
    const std::string& denied = found->second.denied;
    if (denied.empty() || denied == domain) co_return found->second.verdict;
  }
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

asio::awaitable<void> MxProbeCache::probe(std::string host, std::string domain) {
  auto evidence = std::make_shared<verdict::MxHostEvidence>();
  evidence->host = host;
  evidence->probed_at = environment_.clock();
  std::exception_ptr broken;
  bool denied = false;
  try {
    denied = co_await collect(*evidence, domain);
  } catch (...) {
    broken = std::current_exception();
  }
  Entry& entry = (*entries_)[host];
  entry.probed = environment_.steady_now();
  entry.denied = denied ? domain : std::string();
  if (broken) {
    entry.verdict.reset();  // an older verdict must not be taken for a fresh one
    ++entry.inconclusive;
    std::rethrow_exception(broken);
  }
  entry.verdict = verdict::judge_host(std::move(evidence), thresholds_, environment_.clock());
  entry.inconclusive = entry.verdict->inconclusive ? entry.inconclusive + 1 : 0;
  entry.faulty = entry.verdict->has_fault ? entry.faulty + 1 : 0;
}

// True: some address was left out, because `domain` brings too many names.
asio::awaitable<bool> MxProbeCache::collect(verdict::MxHostEvidence& evidence, std::string domain) {
  SteadyTime began = environment_.steady_now();
  std::optional<async::LoopLag::Watch> watch;
  if (environment_.lag != nullptr) watch.emplace(environment_.lag->watch());
  DaneObserver::Host dane;
  dane.host = evidence.host;
  dane.client = domain;
  co_await look_up_addresses(evidence, dane);
  evidence.attempts = attempts_for<SmtpAttempt>(evidence.addresses, network_);
  const bool denied = enabled_ && deny(evidence, domain);
  std::vector<asio::awaitable<void>> parts;
  if (dane_.is_wanted()) parts.push_back(dane_.look_up_tlsa(dane, evidence.addresses.answers));
  if (enabled_) parts.push_back(probe_addresses(evidence));
  co_await async::when_all(std::move(parts));
  const bool keep_certificates = has_tlsa_records(dane.evidence);
  if (!keep_certificates)
    for (SmtpAttempt& attempt : evidence.attempts)
      std::vector<std::string>().swap(attempt.presented);
  if (enabled_) co_await variants_.observe(evidence, keep_certificates);
  co_await assess_channels(evidence, dane, began);
  if (dane_.is_wanted())
    evidence.dane = std::make_shared<const verdict::DaneEvidence>(std::move(dane.evidence));
  co_return denied;
}

asio::awaitable<void> MxProbeCache::look_up_addresses(verdict::MxHostEvidence& evidence,
                                                      DaneObserver::Host& dane) {
  if (dane_.is_wanted())
    co_await dane_.look_up_addresses(dane, evidence.addresses.answers);
  else
    co_await lookup_.addresses(evidence.host, evidence.host, evidence.addresses.answers,
                               dane.client);
}

asio::awaitable<void> MxProbeCache::probe_addresses(verdict::MxHostEvidence& evidence) {
  auto one = [this, &evidence](size_t i) {
    return probe_address(evidence.host, evidence.attempts[i]);
  };
  co_await async::for_each_index(evidence.attempts.size(), kMaxConcurrent, one);
}

bool MxProbeCache::deny(verdict::MxHostEvidence& evidence, const std::string& domain) {
  bool denied = false;
  const SteadyTime now = environment_.steady_now();
  for (SmtpAttempt& attempt : evidence.attempts) {
    if (attempt.status == SmtpStatus::not_allowed) continue;
    if (allowance_->admit(domain, evidence.host, attempt.address, now)) continue;
    attempt.detail = fmt::format("not probed: {} has more than {} MX hosts at this address", domain,
                                 NameAllowance::kMostNamesPerAddress);
    denied = true;
  }
  return denied;
}

size_t MxProbeCache::most_at_once(const IpAddress& address) const {
  auto found = deferred_.find(address);
  const bool careful =
      found != deferred_.end() && environment_.steady_now() - found->second < kDeferredFor;
  return careful ? 1 : kMaxPerAddress;
}

const SmtpAttempt* MxProbeCache::shared_failure(const IpAddress& address) const {
  auto found = failures_.find(address);
  const bool holds =
      found != failures_.end() && environment_.steady_now() - found->second.at < kFailureShared;
  return holds ? &found->second.attempt : nullptr;
}

void MxProbeCache::note_outcome(const SmtpAttempt& attempt) {
  const SteadyTime now = environment_.steady_now();
  if (protocol::is_deferral(attempt)) deferred_[attempt.address] = now;
  if (is_same_for_every_name(attempt))
    failures_[attempt.address] = {attempt, now};
  else if (attempt.status != SmtpStatus::cancelled)
    failures_.erase(attempt.address);
}

asio::awaitable<void> MxProbeCache::probe_address(const std::string& host, SmtpAttempt& attempt) {
  // Not allowed, or denied above.
  if (attempt.status == SmtpStatus::not_allowed || !attempt.detail.empty()) co_return;
  IpAddress address = attempt.address;
  ChannelMonitor::Flight flight = channels_.begin(channel_of(ChannelKind::smtp, address.family()));
  auto held = co_await slots_.acquire(address, longest_wait_);
  if (!held) {
    attempt.detail = "too many MX hosts at this address were waiting to be probed";
    co_return;
  }
  if (const SmtpAttempt* known = shared_failure(address)) {
    attempt = *known;
    co_return;
  }
  Standstill standstill(environment_.lag);
  attempt = co_await environment_.prober.probe(host, address);
  standstill.excuse(attempt);
  note_outcome(attempt);
  held->release();
  channels_.note_attempt(ChannelKind::smtp, host, attempt);
  environment_.metrics.observe_phase(Phase::smtp, attempt.total_time);
}

asio::awaitable<void> MxProbeCache::assess_channels(verdict::MxHostEvidence& evidence,
                                                    DaneObserver::Host& dane, SteadyTime began) {
  LookupSummary lookups;
  lookups.add(evidence.addresses.answers);
  lookups.add(dane.failed);
  co_await lookups.assess(channels_, evidence.addresses.answers.front(), evidence.host, began,
                          evidence.channels, evidence.channel_faults);
  DaneObserver::reconsider(dane, evidence.addresses.answers);
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    ChannelUse smtp = channel_use(evidence.attempts, family);
    Channel channel = channel_of(ChannelKind::smtp, family);
    co_await channels_.assess(channel, smtp, evidence.host, began, evidence.channels,
                              evidence.channel_faults);
  }
}

void MxProbeCache::inherit(const MxProbeCache& other) {
  entries_ = other.entries_;
  variants_.inherit(other.variants_);
}

void MxProbeCache::inherit_limits(const MxProbeCache& other) {
  deferred_ = other.deferred_;
  allowance_ = other.allowance_;
  allowance_->set_interval(interval_);
}

void MxProbeCache::sweep() {
  SteadyTime oldest = environment_.steady_now() - 2 * interval_;
  std::erase_if(*entries_, [&](const auto& item) {
    return !probes_.is_running(item.first) && item.second.asked < oldest;
  });
  const SteadyTime now = environment_.steady_now();
  std::erase_if(failures_, [&](const auto& item) { return now - item.second.at > kFailureShared; });
  std::erase_if(deferred_, [&](const auto& item) { return now - item.second > kDeferredFor; });
  allowance_->sweep(now);
  variants_.sweep();
}

}  // namespace mtasts::check
