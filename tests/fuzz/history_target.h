// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of a domain's history that hold for any sequence of observations; see
// grammar_targets.h. The octets choose observations and pauses. What is remembered is bounded, a
// policy that senders may hold is never forgotten early, and what is told of changes is fit to
// show.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/promises.h"
#include "protocol/sts/sts_policy.h"
#include "verdict/history/history.h"

namespace mtasts::fuzz {

// A policy as some sender may hold it, by the observations alone.
struct FetchedPolicy {
  verdict::PolicyFactsPtr policy;
  Time last_seen{};
};

class HistoryWalk {
 public:
  explicit HistoryWalk(std::string_view octets) : chooser_(octets) {}

  std::string broken() {
    constexpr int kMostSteps = 60;  // fewer than are remembered
    for (int step = 0; step < kMostSteps && !chooser_.empty() && promises_.kept(); ++step) look();
    return promises_.broken();
  }

 private:
  static constexpr auto kRetention = std::chrono::hours(400 * 24);

  verdict::PolicyFactsPtr some_policy() {
    constexpr std::array kModes = {protocol::Mode::enforce, protocol::Mode::testing,
                                   protocol::Mode::none};
    constexpr std::array<uint64_t, 6> kAges = {0, 1, 600, 86400, 31557600, UINT64_MAX};
    auto facts = std::make_shared<verdict::PolicyFacts>();
    facts->mode = chooser_.one_of(kModes);
    facts->max_age_seconds = chooser_.one_of(kAges);
    const unsigned number = chooser_.number(3);
    facts->mx = {"mx" + std::to_string(number) + ".example"};
    // The same digest always means the same policy.
    facts->digest = std::to_string(number) + std::string(name_of(facts->mode)) +
                    std::to_string(facts->max_age_seconds) + (chooser_.flag() ? " " : "");
    return facts;
  }

  std::string some_host() {
    constexpr std::array kHosts = {"mx1.example",
                                   "mx2.example",
                                   "mx.example.mail.protection.outlook.com",
                                   "aspmx.l.google.com",
                                   ".",
                                   "x\n\x80.example",
                                   ""};
    return chooser_.one_of(kHosts);
  }

  // Printable already, and never empty.
  std::string some_issuer() {
    constexpr std::array kIssuers = {"CN=E7,O=Let's Encrypt", "CN=R11", "CN=Ä,O=\\\\x", "CN=Test"};
    return chooser_.one_of(kIssuers);
  }

  verdict::Observation some_observation() {
    constexpr std::array<int64_t, 8> kPauses = {0,    1,     60,         900,
                                                3600, 86400, 86400 * 30, 86400 * 401};
    constexpr std::array<std::string_view, 5> kIds = {"", "1", "2", "20261102", "x\x7Fy"};
    now_ += std::chrono::seconds(chooser_.one_of(kPauses));
    verdict::Observation seen;
    seen.at = now_;
    seen.record_ttl = seen.mx_ttl = std::chrono::seconds(chooser_.one_of(kPauses) % 90000);
    if (chooser_.number(4) != 4) seen.record = std::string(chooser_.one_of(kIds));
    const unsigned served = chooser_.number(5);
    if (served < 4) seen.policy = some_policy();
    seen.policy_gone = served == 4;
    if (chooser_.number(4) != 4) {
      seen.mx.emplace();
      for (unsigned count = chooser_.number(4); count > 0; --count) seen.mx->push_back(some_host());
    }
    if (chooser_.flag()) seen.certificate = std::string(64, static_cast<char>('a' + served));
    for (unsigned count = chooser_.number(3); count > 0; --count)
      seen.issuers.push_back({some_host(), now_, {some_issuer(), some_issuer()}});
    return seen;
  }

  void look() {
    const verdict::Observation seen = some_observation();
    std::vector<verdict::Change> changes;
    verdict::History after = verdict::advance(history_, seen, kRetention, changes);
    keep_bounds(after);
    for (const verdict::Change& change : changes) keep_change(change);
    promises_.keep(after.revision >= history_.revision, "a revision that goes back");
    promises_.keep(after.published >= history_.published, "a record that was never published");
    note_fetches(seen, after);
    keep_held(after, seen);
    verdict::is_mx_flapping(after.mx_alternation, now_);
    verdict::is_unsettled(after);
    history_ = std::move(after);
  }

  void keep_bounds(const verdict::History& after) {
    constexpr size_t kMost = verdict::kMostRemembered;
    promises_.keep(after.ids.size() <= kMost && after.instances.size() <= kMost &&
                       after.mx_hosts.size() <= kMost && after.issuers.size() <= kMost &&
                       after.passes.size() <= kMost,
                   "more is remembered than allowed");
    promises_.keep(after.certificates.size() <= 8 && after.policy_returns.size() <= 4 &&
                       after.mx_alternation.sets.size() <= 8,
                   "a longer list than allowed");
    promises_.keep(after.began <= now_, "a history that began in the future");
    for (const verdict::CachedPolicy& instance : after.instances) {
      promises_.keep(instance.policy != nullptr, "an instance without a policy");
      promises_.keep(instance.first_seen <= instance.last_seen, "an instance seen backwards");
    }
    for (const verdict::SeenId& id : after.ids)
      promises_.keep(id.first_seen <= id.last_seen || id.last_seen == kNever,
                     "an id seen backwards");
    const std::string fresh = verdict::fresh_id(&after, now_);
    promises_.keep(!fresh.empty() && fresh.size() <= 32, "a fresh id outside the grammar");
    promises_.keep(std::none_of(after.ids.begin(), after.ids.end(),
                                [&](const verdict::SeenId& id) { return id.id == fresh; }),
                   "a fresh id that is not fresh");
  }

  void keep_change(const verdict::Change& change) {
    static const std::set<std::string_view> kKinds = {
        "record_id",          "policy_mode",    "policy_max_age",    "policy_mx",
        "policy_body",        "mx_set",         "mx_coverage",       "mx_provider",
        "policy_certificate", "mx_certificate", "certificate_issuer"};
    promises_.keep(kKinds.contains(change.what), "a change of an unknown kind");
    promises_.keep(change.at <= now_, "a change in the future");
    for (const std::string* text : {&change.from, &change.to})
      promises_.keep(is_showable(*text), "a change not fit to show");
  }

  // RFC 8461 §5.1: a sender fetches once it sees a record, and keeps the policy for max_age.
  void note_fetches(const verdict::Observation& seen, const verdict::History& after) {
    if (seen.policy_gone) served_ = nullptr;
    if (seen.policy != nullptr) served_ = seen.policy;
    if (seen.policy == nullptr || !after.published) return;
    fetched_.push_back({seen.policy, now_});
  }

  void keep_held(const verdict::History& after, const verdict::Observation& seen) {
    const std::vector<verdict::HeldPolicy> held = verdict::held_policies(after, now_);
    Time before = Time::max();
    for (const verdict::HeldPolicy& policy : held) {
      promises_.keep(policy.policy != nullptr && policy.until > now_, "a held policy that is not");
      promises_.keep(policy.until <= before, "held policies out of order");
      before = policy.until;
      promises_.keep(is_showable(verdict::held_text(policy)), "a held policy not fit to show");
      promises_.keep(is_showable(verdict::until_text(policy.until, now_)),
                     "a date not fit to show");
    }
    const bool conclusive = seen.policy != nullptr || seen.policy_gone;
    if (!conclusive) return;
    for (const FetchedPolicy& fetched : fetched_) {
      const uint64_t age =
          std::min(fetched.policy->max_age_seconds, protocol::kMaxAgeLimit_seconds);
      const Time until = fetched.last_seen + std::chrono::seconds(age);
      if (until <= now_ || (served_ != nullptr && mean_the_same(*fetched.policy, *served_)))
        continue;
      promises_.keep(std::any_of(held.begin(), held.end(),
                                 [&](const verdict::HeldPolicy& policy) {
                                   return mean_the_same(*policy.policy, *fetched.policy) &&
                                          policy.until >= until;
                                 }),
                     "a policy is forgotten while a sender holds it");
    }
  }

  OctetChooser chooser_;
  Promises promises_;
  verdict::History history_;
  Time now_{std::chrono::seconds(1700000000)};
  verdict::PolicyFactsPtr served_;
  std::vector<FetchedPolicy> fetched_;
};

inline std::string broken_history_promise(std::string_view octets) {
  return HistoryWalk(octets).broken();
}

}  // namespace mtasts::fuzz
