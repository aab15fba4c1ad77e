// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// advance(): computes the next history from the previous one and an observation.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/history/history.h"
#include "verdict/history/issuers.h"
#include "verdict/history/mx_history.h"
#include "verdict/history/served_keys.h"

namespace mtasts::verdict {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kMostReturns = 4;
constexpr size_t kMostCertificates = 8;
// Longer TTLs have their own finding; they must not suppress a change.
constexpr seconds kLongestTtl = hours(24);
// Allows for clock differences between senders and the agent.
constexpr milliseconds kForgetMargin = hours(24 * 7);

bool same(const std::string& one, const std::string& other) { return one == other; }
bool same(const std::vector<std::string>& one, const std::vector<std::string>& other) {
  return one == other;
}
bool same(const PolicyFactsPtr& one, const PolicyFactsPtr& other) {
  return one->digest == other->digest;
}

enum class Transition {
  first,      // no value was known
  kept,       // the known value again
  returned,   // the known value again, after a different one
  doubted,    // a different value, for the first time
  confirmed,  // a different value, for the second time in a row: known from now on
};

template <typename Value>
Transition take(TrackedValue<Value>& track, const Value& seen, Time at) {
  if (!track.value) {
    track.value = seen;
    track.since = track.seen = at;
    return Transition::first;
  }
  if (same(*track.value, seen)) {
    bool doubted = track.candidate.has_value();
    track.candidate.reset();
    track.seen = at;
    return doubted ? Transition::returned : Transition::kept;
  }
  if (!track.candidate || !same(*track.candidate, seen)) {
    track.candidate = seen;
    track.candidate_since = at;
    return Transition::doubted;
  }
  track.previous = std::move(track.value);
  track.value = seen;
  track.since = track.changed = track.candidate_since;
  track.seen = at;
  track.candidate.reset();
  ++track.changes;
  return Transition::confirmed;
}

std::string or_none(const std::string& text) {
  return text.empty() ? "none" : printable(text, 1000);
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return or_none(text);
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// One step of a history; the members are shared by all its parts.
class Step {
 public:
  Step(History& history, const Observation& seen, std::vector<Change>& changes)
      : history_(history), seen_(seen), changes_(changes) {}

  void record();
  void policy();
  void mx();
  void coverage(const History& before);
  void certificate();
  void forget(milliseconds retention);

 private:
  void add_change(Time at, std::string what, std::string from, std::string to);
  void note_id(const std::string& id, bool confirmed);
  void note_reuse(const std::string& id);
  void serve(const PolicyFactsPtr& facts);
  void note_return(const PolicyFactsPtr& facts, bool first_doubt, Transition transition);
  void add_policy_changes(const PolicyFacts& from, const PolicyFacts& to);
  void follow_mode(protocol::Mode from, protocol::Mode to);
  void note_hosts(const std::vector<std::string>& now);

  History& history_;
  const Observation& seen_;
  std::vector<Change>& changes_;
};

void Step::add_change(Time at, std::string what, std::string from, std::string to) {
  if (from != to) changes_.push_back({at, std::move(what), "", std::move(from), std::move(to)});
}

void Step::note_id(const std::string& id, bool confirmed) {
  auto& ids = history_.ids;
  auto known =
      std::find_if(ids.begin(), ids.end(), [&](const SeenId& old) { return old.id == id; });
  if (known == ids.end()) {
    ids.push_back({id, seen_.at, seen_.at, kNever, confirmed});
    ++history_.revision;
    return;
  }
  if (!confirmed) return;
  if (!known->confirmed) ++history_.revision;
  known->confirmed = true;
  known->last_seen = seen_.at;
}

// A record that disappeared and came back with its id is not a reuse: another id must have been in
// between.
void Step::note_reuse(const std::string& id) {
  auto& ids = history_.ids;
  auto known = std::find_if(ids.begin(), ids.end(),
                            [&](const SeenId& old) { return old.id == id && old.confirmed; });
  if (known == ids.end()) return;
  bool between = std::any_of(ids.begin(), ids.end(), [&](const SeenId& other) {
    return other.confirmed && other.id != id && other.last_seen > known->last_seen;
  });
  if (between) known->returned = history_.record.since;
}

void Step::record() {
  if (!seen_.record) return;
  const std::string& id = *seen_.record;
  Transition transition = take(history_.record, id, seen_.at);
  if (transition != Transition::kept) ++history_.revision;
  if (transition == Transition::confirmed) {
    note_reuse(id);
    add_change(history_.record.since, "record_id", or_none(*history_.record.previous), or_none(id));
  }
  if (id.empty()) return;
  history_.published = true;
  history_.last_id = id;
  note_id(id, transition != Transition::doubted);
}

// A sender that fetches now caches this body under the current id.
void Step::serve(const PolicyFactsPtr& facts) {
  if (!history_.published) return;
  auto& instances = history_.instances;
  CachedPolicy* mine = nullptr;
  for (CachedPolicy& instance : instances) {
    if (instance.id == history_.last_id && same(instance.policy, facts)) {
      mine = &instance;
    } else if (instance.gone == kNever) {
      instance.gone = seen_.at;
      ++history_.revision;
    }
  }
  if (mine == nullptr) {
    bool first = instances.empty();
    instances.push_back({history_.last_id, facts, seen_.at, seen_.at, kNever, first});
    ++history_.revision;
    return;
  }
  bool again = mine->gone == kNever;
  if (!again || !mine->confirmed) ++history_.revision;
  mine->confirmed |= again;
  mine->gone = kNever;
  mine->last_seen = seen_.at;
}

// The served body reverted to one that was served before.
void Step::note_return(const PolicyFactsPtr& facts, bool first_doubt, Transition transition) {
  bool known = transition == Transition::returned;
  for (const CachedPolicy& instance : history_.instances)
    known |= first_doubt && same(instance.policy, facts);
  if (!known) return;
  history_.policy_returns.push_back(seen_.at);
  if (history_.policy_returns.size() > kMostReturns)
    history_.policy_returns.erase(history_.policy_returns.begin());
}

void Step::follow_mode(protocol::Mode from, protocol::Mode to) {
  using protocol::Mode;
  if (from == Mode::enforce && to < from) history_.mode_fell = history_.policy.since;
  if (to == Mode::enforce) history_.mode_fell = kNever;
}

void Step::add_policy_changes(const PolicyFacts& from, const PolicyFacts& to) {
  Time at = history_.policy.since;
  size_t count_before = changes_.size();
  add_change(at, "policy_mode", std::string(name_of(from.mode)), std::string(name_of(to.mode)));
  add_change(at, "policy_max_age", std::to_string(from.max_age_seconds),
             std::to_string(to.max_age_seconds));
  add_change(at, "policy_mx", joined(sorted(from.mx)), joined(sorted(to.mx)));
  if (changes_.size() == count_before)
    add_change(at, "policy_body", from.digest.value_or(""), to.digest.value_or(""));
}

void Step::policy() {
  if (seen_.policy_gone) {
    for (CachedPolicy& instance : history_.instances) {
      if (instance.gone != kNever) continue;
      instance.gone = seen_.at;
      ++history_.revision;
    }
    bool first = history_.policy_gone == kNever;
    if (!first && history_.policy_gone_confirmed) return;
    history_.policy_gone_confirmed = !first;
    if (first) history_.policy_gone = seen_.at;
    ++history_.revision;
  }
  if (seen_.policy == nullptr) return;
  if (history_.policy_gone != kNever) ++history_.revision;
  history_.policy_gone = kNever;
  history_.policy_gone_confirmed = false;

  Transition transition = take(history_.policy, seen_.policy, seen_.at);
  if (transition != Transition::kept) ++history_.revision;
  note_return(seen_.policy, transition == Transition::doubted, transition);
  if (transition == Transition::doubted)
    history_.record_fresh_at = seen_.at + std::min(seen_.record_ttl, kLongestTtl);
  if (transition == Transition::confirmed) {
    add_policy_changes(**history_.policy.previous, *seen_.policy);
    follow_mode((*history_.policy.previous)->mode, seen_.policy->mode);
  }
  serve(seen_.policy);
}

void Step::note_hosts(const std::vector<std::string>& now) {
  auto& hosts = history_.mx_hosts;
  bool first = hosts.empty() && history_.mx.changes == 0;
  Time at = history_.mx.since;
  for (SeenMx& known : hosts)
    if (known.removed == kNever && !std::binary_search(now.begin(), now.end(), known.host))
      known.removed = at;
  for (const std::string& host : now) {
    auto known = std::find_if(hosts.begin(), hosts.end(),
                              [&](const SeenMx& old) { return old.host == host; });
    if (known == hosts.end())
      hosts.push_back({host, first ? kNever : at, kNever});
    else if (known->removed != kNever)
      *known = {host, at, kNever};
  }
  // Hosts that were removed first are forgotten first.
  while (hosts.size() > kMostRemembered) {
    auto oldest = std::min_element(hosts.begin(), hosts.end(), [](const auto& a, const auto& b) {
      Time left = a.removed == kNever ? Time::max() : a.removed;
      return left < (b.removed == kNever ? Time::max() : b.removed);
    });
    hosts.erase(oldest);
  }
}

void Step::mx() {
  if (!seen_.mx) return;
  std::vector<std::string> hosts = sorted(*seen_.mx);
  if (hosts.size() > kMostRemembered) hosts.resize(kMostRemembered);
  std::optional<std::vector<std::string>> earlier = history_.mx.previous;
  Transition transition = take(history_.mx, hosts, seen_.at);
  if (transition != Transition::kept) ++history_.revision;
  bool returned = transition == Transition::confirmed && earlier == hosts;
  if (note_mx_set(history_.mx_alternation, hosts, seen_, returned)) ++history_.revision;
  if (transition != Transition::first && transition != Transition::confirmed) return;
  note_hosts(hosts);
  if (transition == Transition::confirmed) note_provider(history_);
  if (transition == Transition::confirmed)
    add_change(history_.mx.since, "mx_set", joined(*history_.mx.previous), joined(hosts));
}

std::string uncovered(const History& history) {
  if (!history.mx.value || !history.policy.value) return {};
  const PolicyFacts& policy = **history.policy.value;
  if (policy.mode == protocol::Mode::none) return {};
  std::vector<std::string> missing;
  for (const std::string& host : *history.mx.value)
    if (host != "." && !covering_pattern(policy.mx, host)) missing.push_back(host);
  return missing.empty() ? "all covered" : "not covered: " + joined(missing);
}

std::string provider(const History& history) {
  if (!history.mx.value) return {};
  for (const std::string& host : *history.mx.value)
    if (std::string_view name = provider_of(host); !name.empty()) return std::string(name);
  return "not recognised";
}

// Consequences of a change of the MX set or of the policy.
void Step::coverage(const History& before) {
  std::string was = uncovered(before);
  std::string is = uncovered(history_);
  if (!was.empty() && !is.empty()) add_change(seen_.at, "mx_coverage", was, is);
  was = provider(before);
  is = provider(history_);
  if (!was.empty()) add_change(seen_.at, "mx_provider", was, is);
}

// A host with several certificates alternates between them: each is reported once.
void Step::certificate() {
  if (seen_.certificate.empty()) return;
  auto& known = history_.certificates;
  auto found = std::find(known.begin(), known.end(), seen_.certificate);
  if (found != known.end()) return;
  if (!known.empty()) add_change(seen_.at, "policy_certificate", known.back(), seen_.certificate);
  known.push_back(seen_.certificate);
  if (known.size() > kMostCertificates) known.erase(known.begin());
  ++history_.revision;
}

void Step::forget(milliseconds retention) {
  Time oldest = seen_.at - retention;
  auto held = [&](const CachedPolicy& instance) {
    return held_until(instance, seen_.at) + kForgetMargin > seen_.at;
  };
  size_t before = history_.instances.size() + history_.ids.size() + history_.mx_hosts.size();
  std::erase_if(history_.instances, [&](const CachedPolicy& instance) {
    return instance.gone != kNever && instance.gone < oldest && !held(instance);
  });
  // The instances that are held longest must be kept.
  auto& instances = history_.instances;
  auto worth = [&](const CachedPolicy& instance) {
    return instance.gone == kNever ? Time::max() : held_until(instance, seen_.at);
  };
  while (instances.size() > kMostRemembered)
    instances.erase(std::min_element(instances.begin(), instances.end(),
                                     [&](const CachedPolicy& one, const CachedPolicy& other) {
                                       return worth(one) < worth(other);
                                     }));
  std::erase_if(history_.ids, [&](const SeenId& id) {
    return id.id != history_.last_id && id.last_seen < oldest;
  });
  while (history_.ids.size() > kMostRemembered) history_.ids.erase(history_.ids.begin());
  std::erase_if(history_.mx_hosts, [&](const SeenMx& host) {
    return host.removed != kNever && host.removed < oldest;
  });
  if (history_.instances.size() + history_.ids.size() + history_.mx_hosts.size() != before)
    ++history_.revision;
}

}  // namespace

History advance(const History& before, const Observation& seen, milliseconds retention,
                std::vector<Change>& changes) {
  History history = before;
  if (history.began == kNever) {
    history.began = seen.at;
    ++history.revision;
  }
  Step step(history, seen, changes);
  step.record();
  step.policy();
  step.mx();
  if (history.revision != before.revision) step.coverage(before);
  step.certificate();
  follow_issuers(history, seen, changes);
  follow_served_keys(history, seen);
  step.forget(retention);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const Change& one, const Change& other) { return one.at < other.at; });
  return history;
}

}  // namespace mtasts::verdict
