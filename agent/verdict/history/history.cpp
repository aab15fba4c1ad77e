// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/history/history.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Times further away than this are given as a date alone.
constexpr auto kHourMatters = hours(48);

// The policy served now, according to the last conclusive check; null: none, or never observed.
const PolicyFacts* served_now(const History& history) {
  for (const CachedPolicy& instance : history.instances)
    if (instance.gone == kNever) return instance.policy.get();
  return nullptr;
}

bool is_known(const History& history, const std::string& id) {
  return history.last_id == id || std::any_of(history.ids.begin(), history.ids.end(),
                                              [&](const SeenId& seen) { return seen.id == id; });
}

}  // namespace

bool mean_the_same(const PolicyFacts& one, const PolicyFacts& other) {
  if (one.digest && one.digest == other.digest) return true;
  auto patterns = [](const PolicyFacts& facts) {
    return std::set<std::string>(facts.mx.begin(), facts.mx.end());
  };
  return one.mode == other.mode && one.max_age_seconds == other.max_age_seconds &&
         patterns(one) == patterns(other);
}

Time held_until(const CachedPolicy& instance, Time now) {
  uint64_t age = std::min(instance.policy->max_age_seconds, protocol::kMaxAgeLimit_seconds);
  return (instance.gone == kNever ? now : instance.gone) + seconds(age);
}

bool is_unsettled(const History& history) {
  return history.record.candidate || history.policy.candidate || history.mx.candidate ||
         (history.policy_gone != kNever && !history.policy_gone_confirmed);
}

std::vector<HeldPolicy> held_policies(const History& history, Time now) {
  const PolicyFacts* today = served_now(history);
  std::vector<HeldPolicy> held;
  for (const CachedPolicy& instance : history.instances) {
    if (instance.gone == kNever || (today != nullptr && mean_the_same(*instance.policy, *today)))
      continue;
    Time until = held_until(instance, now);
    if (until <= now) continue;
    held.push_back({instance.policy, instance.id, instance.gone, until, instance.confirmed});
  }
  std::stable_sort(held.begin(), held.end(), [](const HeldPolicy& one, const HeldPolicy& other) {
    return one.until > other.until;
  });
  // Of policies that mean the same, the one held longest represents all.
  std::vector<HeldPolicy> distinct;
  for (HeldPolicy& one : held) {
    auto twin = std::find_if(distinct.begin(), distinct.end(), [&](const HeldPolicy& other) {
      return mean_the_same(*one.policy, *other.policy);
    });
    if (twin == distinct.end())
      distinct.push_back(std::move(one));
    else
      twin->confirmed |= one.confirmed;
  }
  return distinct;
}

std::string held_text(const HeldPolicy& held) {
  return fmt::format("the policy last served on {} (mode {}, max_age {})",
                     date_text(held.last_served), name_of(held.policy->mode),
                     held.policy->max_age_seconds);
}

std::string held_patterns(const HeldPolicy& held) {
  return held.policy->mx.empty() ? "" : ": mx " + listed(held.policy->mx);
}

std::string until_text(Time until, Time now) {
  return until - now < kHourMatters ? rfc3339(until) : date_text(until);
}

std::string fresh_id(const History* history, Time now) {
  for (Time at = now;; at += seconds(1)) {
    std::string id;
    for (char c : rfc3339(at))
      if (c >= '0' && c <= '9') id += c;
    if (history == nullptr || !is_known(*history, id)) return id;
  }
}

}  // namespace mtasts::verdict
