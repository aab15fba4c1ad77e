// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/policy_observer.h"

#include <algorithm>
#include <array>

#include "async/for_each_index.h"
#include "check/address_selection.h"
#include "check/standstill.h"

namespace mtasts::check {
namespace {

namespace asio = boost::asio;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;

// A sender can fetch the policy there at the given time.
bool is_good(const HttpsAttempt& attempt, Time now) {
  return attempt.status == HttpsStatus::responded && attempt.http_status == 200 &&
         attempt.chain != nullptr && attempt.chain->verified() &&
         attempt.chain->chain_not_after > now;
}

// Whether two fetches, from one address or from two, saw the same server state.
bool agree(const HttpsAttempt& one, const HttpsAttempt& other) {
  return one.status == other.status && one.http_status == other.http_status &&
         one.body == other.body && one.content_type == other.content_type;
}

bool same_certificate(const HttpsAttempt& one, const HttpsAttempt& other) {
  if (one.chain == nullptr || other.chain == nullptr) return one.chain == other.chain;
  return *one.chain == *other.chain;
}

}  // namespace

PolicyObserver::PolicyObserver(Environment environment, ChannelMonitor& channels,
                               const settings::Settings& settings)
    : environment_(std::move(environment)),
      channels_(channels),
      lookup_(environment_, channels),
      network_(settings.network),
      interval_(settings.check.interval),
      fetch_interval_(settings.check.smtp_interval) {}

const HttpsAttempt* PolicyObserver::Host::attempt(const IpAddress& address) const {
  auto found = addresses.find(address);
  return found == addresses.end() ? nullptr : found->second.attempt.get();
}

PolicyObserver::Host PolicyObserver::known_of(const std::string& host) const {
  auto found = hosts_.find(host);
  return found == hosts_.end() ? Host() : found->second;
}

asio::awaitable<void> PolicyObserver::observe(verdict::PolicyEvidence& policy, std::string domain) {
  co_await lookup_.addresses(policy.host, domain, policy.addresses.answers);
  policy.attempts = attempts_for<HttpsAttempt>(policy.addresses, network_);
  if (policy.attempts.empty()) co_return;

  SteadyTime began = environment_.steady_now();
  const Host before = known_of(policy.host);
  Indices now = due(before, policy.attempts);
  Indices later;
  for (size_t i = 0; i < policy.attempts.size(); ++i) {
    HttpsAttempt& attempt = policy.attempts[i];
    if (attempt.status == HttpsStatus::not_allowed) continue;
    if (std::find(now.begin(), now.end(), i) != now.end()) continue;
    attempt = *before.attempt(attempt.address);
    later.push_back(i);
  }
  co_await fetch(policy, now);
  // What is kept of the other addresses holds only while nothing changes.
  bool changed = std::any_of(now.begin(), now.end(), [&](size_t i) {
    const HttpsAttempt& attempt = policy.attempts[i];
    if (const HttpsAttempt* known = before.attempt(attempt.address))
      return !agree(*known, attempt) || !same_certificate(*known, attempt);
    return std::any_of(later.begin(), later.end(),
                       [&](size_t j) { return !agree(policy.attempts[j], attempt); });
  });
  if (changed && !later.empty()) {
    co_await fetch(policy, later);
    now.insert(now.end(), later.begin(), later.end());
  }
  keep(policy, now);
  environment_.metrics.observe_phase(Phase::policy, environment_.steady_now() - began);
}

// How many addresses of a family are fetched from per check, so that all are within
// fetch_interval_.
size_t PolicyObserver::quota(size_t addresses) const {
  auto checks =
      std::max<int64_t>(1, fetch_interval_.count() / std::max<int64_t>(1, interval_.count()));
  auto per_check = static_cast<size_t>(checks);
  return (addresses + per_check - 1) / per_check;
}

// Those never fetched from, those that failed, and of the others the ones fetched from longest ago.
PolicyObserver::Indices PolicyObserver::due(const Host& known,
                                            const std::vector<HttpsAttempt>& attempts) const {
  Indices indices;
  for (AddressFamily family : network_.families) {
    Indices kept;
    for (size_t i = 0; i < attempts.size(); ++i) {
      const HttpsAttempt& attempt = attempts[i];
      if (attempt.address.family() != family || attempt.status == HttpsStatus::not_allowed)
        continue;
      const HttpsAttempt* before = known.attempt(attempt.address);
      bool good = before != nullptr && is_good(*before, environment_.clock());
      (good ? kept : indices).push_back(i);
    }
    auto fetched = [&](size_t i) { return known.addresses.at(attempts[i].address).fetched; };
    std::stable_sort(kept.begin(), kept.end(),
                     [&](size_t one, size_t other) { return fetched(one) < fetched(other); });
    SteadyTime oldest = environment_.steady_now() - fetch_interval_;
    size_t most = quota(kept.size());
    for (size_t i = 0; i < kept.size(); ++i)
      if (i < most || fetched(kept[i]) <= oldest) indices.push_back(kept[i]);
  }
  return indices;
}

asio::awaitable<void> PolicyObserver::fetch(verdict::PolicyEvidence& policy, Indices indices) {
  auto one = [this, &policy, &indices](size_t i) {
    return fetch_into(policy.host, policy.attempts[indices[i]]);
  };
  co_await async::for_each_index(indices.size(), kMaxConcurrent, one);
}

asio::awaitable<void> PolicyObserver::fetch_into(const std::string& host, HttpsAttempt& attempt) {
  IpAddress address = attempt.address;
  attempt = HttpsAttempt();  // `cancelled` until the fetch has ended
  attempt.address = address;
  attempt = co_await fetch_one(host, address);
}

// A first response that is slow is checked by a second fetch; later ones by the check before.
asio::awaitable<HttpsAttempt> PolicyObserver::fetch_one(const std::string& host,
                                                        IpAddress address) {
  ChannelMonitor::Flight flight = channels_.begin(channel_of(ChannelKind::https, address.family()));
  Standstill standstill(environment_.lag);
  HttpsAttempt attempt = co_await environment_.fetcher.fetch_policy(host, address);
  standstill.excuse(attempt);
  channels_.note_attempt(ChannelKind::https, host, attempt);
  const Host kept = known_of(host);
  const HttpsAttempt* known = kept.attempt(address);
  if (known != nullptr) {
    attempt.previous_time = known->total_time;
    co_return attempt;
  }
  if (attempt.status != HttpsStatus::responded || attempt.total_time < kSlow) co_return attempt;
  HttpsAttempt second = co_await environment_.fetcher.fetch_policy(host, address);
  if (second.status != HttpsStatus::cancelled) attempt.previous_time = second.total_time;
  co_return attempt;
}

void PolicyObserver::keep(const verdict::PolicyEvidence& policy, const Indices& fetched) {
  forget_unused();
  SteadyTime now = environment_.steady_now();
  Host& host = hosts_[policy.host];
  host.observed = now;
  for (size_t i : fetched) {
    const HttpsAttempt& attempt = policy.attempts[i];
    if (attempt.status == HttpsStatus::cancelled || attempt.body.size() > kMaxKeptBody_bytes) {
      host.addresses.erase(attempt.address);
      continue;
    }
    auto copy = std::make_shared<HttpsAttempt>(attempt);
    // Addresses of one host usually present the same certificate: it is kept once.
    for (const auto& [address, other] : host.addresses)
      if (copy->chain != nullptr && same_certificate(*other.attempt, *copy))
        copy->chain = other.attempt->chain;
    host.addresses[attempt.address] = {std::move(copy), now};
  }
  // Only what is in DNS now; a bad address that was removed there is of no interest.
  std::erase_if(host.addresses, [&](const auto& item) {
    return std::none_of(policy.attempts.begin(), policy.attempts.end(),
                        [&](const HttpsAttempt& attempt) { return attempt.address == item.first; });
  });
  std::array<int, 2> per_family{};
  bool slow = false;
  for (const auto& [address, known] : host.addresses) {
    ++per_family[static_cast<size_t>(address.family())];
    slow |= known.attempt->total_time >= kSlow;
  }
  bool several = per_family[0] > 1 || per_family[1] > 1;
  if (!several && !slow) hosts_.erase(policy.host);
}

void PolicyObserver::forget_unused() {
  SteadyTime now = environment_.steady_now();
  if (now - swept_ < fetch_interval_) return;
  swept_ = now;
  SteadyTime oldest = now - 2 * std::max(fetch_interval_, interval_);
  std::erase_if(hosts_, [&](const auto& item) { return item.second.observed < oldest; });
}

}  // namespace mtasts::check
