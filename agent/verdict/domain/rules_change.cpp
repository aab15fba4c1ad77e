// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Changes, and until when they matter (RFC 8461 §5.1, §8.1, §8.3). Where several findings would
// describe the same change, only the most specific one is reported.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/coverage.h"
#include "verdict/domain/hosted_rules.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {
namespace {

using protocol::Mode;

// A rollout that reaches all edge servers within a few minutes causes fewer returns than this.
constexpr size_t kFlappingReturns = 3;
constexpr auto kFlappingRest = std::chrono::hours(6);

std::string quoted(const std::string& id) { return fmt::format("\"{}\"", printable(id, 64)); }

bool is_digits(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

// The rules of one check, and what they share.
class ChangeRules {
 public:
  ChangeRules(RuleContext& context, const History& history)
      : judgement_(context),
        history_(history),
        now_(context.now),
        held_(held_policies(history, now_)) {}

  void judge() {
    if (is_removed())
      removal();
    else
      publication();
    mail_hosts();
    mail_provider();
    if (!date_reported_ && !held_.empty()) cache_window();
  }

 private:
  bool is_removed() const { return history_.record.value == "" && !history_.record.candidate; }
  bool is_served() const { return history_.policy_gone == kNever; }
  bool is_recent(Time when) const {
    return when != kNever && now_ < when + judgement_.thresholds.change_hold;
  }
  // Severity follows the known mode, so that a check that could not observe the policy changes
  // none.
  void add_finding(FindingCode code, FindingDetails what) {
    const FindingRow& row = row_of(code);
    bool enforced = history_.policy.value && (*history_.policy.value)->mode == Mode::enforce;
    if (!what.severity) what.severity = enforced ? row.in_enforce : row.otherwise;
    judgement_.add(code, std::move(what));
  }
  // No other policy was served under the id, so the next id announced no policy change.
  bool served_alone(const std::string& id, const PolicyFacts& policy) const {
    return std::all_of(history_.instances.begin(), history_.instances.end(),
                       [&](const CachedPolicy& instance) {
                         return instance.id != id || mean_the_same(*instance.policy, policy);
                       });
  }
  std::string until(Time when) const { return until_text(when, now_); }
  // The record announces the policy that the agent serves, under the id that is made of it.
  bool announces_hosted() const {
    const HostedPolicyPtr& own = judgement_.thresholds.hosted;
    return own != nullptr && history_.record.value == own->id;
  }
  std::string new_id_fix() const {
    if (announces_hosted())
      return "The id is made of the policy: change max_age of the domain's [[policy]] by a second, "
             "so that it gets an id of its own, and publish the record that the next check names";
    if (serves_hosted(judgement_)) return hosted_publication_fix(judgement_);
    return fmt::format(
        "If the policy served now is the intended one and covers every MX host, publish the record "
        "with a new id: \"v=STSv1; id={}\"",
        fresh_id(&history_, now_));
  }

  void removal();
  void removal_while(bool after_none, const HeldPolicy& held);
  void publication();
  bool flapping();
  bool stale_copies();
  void id_changes();
  void mode_fall();
  void max_age();
  void mail_hosts();
  void mail_provider();
  bool added_host(const SeenMx& mx);
  void cache_window();

  RuleContext& judgement_;
  const History& history_;
  const Time now_;
  const std::vector<HeldPolicy> held_;
  bool date_reported_ = false;  // a finding already states until when an old policy can be held
};

// Record and policy, or the record alone, are gone (RFC 8461 §8.3).
void ChangeRules::removal() {
  if (!history_.policy.value) return;
  Mode last = (*history_.policy.value)->mode;
  Time removed = history_.record.since;
  auto ruling = std::find_if(held_.begin(), held_.end(), [](const HeldPolicy& held) {
    return held.policy->mode != Mode::none;
  });
  if (last == Mode::none || (!is_served() && history_.policy_gone_confirmed)) {
    if (ruling != held_.end()) return removal_while(last == Mode::none, *ruling);
    // Copies that outlived the record have already been reported.
    for (const CachedPolicy& instance : history_.instances)
      if (held_until(instance, now_) > removed) return;
  }
  if (last != Mode::enforce || !is_recent(removed)) return;
  add_finding(
      "sts-mode-downgrade-to-absent",
      {.message = fmt::format("The record was removed on {}, while the policy's mode was enforce",
                              date_text(removed))});
}

void ChangeRules::removal_while(bool after_none, const HeldPolicy& held) {
  date_reported_ = true;
  FindingDetails what;
  // Senders that hold a policy of mode testing report, but deliver (RFC 8461 §5).
  if (std::none_of(held_.begin(), held_.end(),
                   [](const HeldPolicy& other) { return other.policy->mode == Mode::enforce; }))
    what.severity = Severity::warning;
  what.message =
      fmt::format("{} on {}, but senders may hold {} until {}",
                  after_none ? "The record was removed" : "The record and the policy were removed",
                  date_text(history_.record.since), held_text(held), until(held.until));
  if (after_none)
    what.fix = fmt::format(
        "Publish the record and the policy of mode none again until {}, then remove both",
        until(held.until));
  add_finding(after_none ? FindingCode("sts-removed-before-expiry") : "sts-removed-while-cached",
              std::move(what));
}

void ChangeRules::publication() {
  if (!flapping()) {
    bool stale = stale_copies();
    if (!stale) id_changes();
    max_age();
  }
  mode_fall();
}

bool ChangeRules::flapping() {
  const auto& returns = history_.policy_returns;
  if (returns.size() < kFlappingReturns || now_ >= returns.back() + kFlappingRest) return false;
  Time first = returns[returns.size() - kFlappingReturns];
  if (!is_recent(first)) return false;
  std::string others;
  for (const CachedPolicy& instance : history_.instances)
    if (is_recent(instance.last_seen) && others.size() < 400)
      others += fmt::format("{}mode {} with max_age {} and mx {}", others.empty() ? "" : "; ",
                            name_of(instance.policy->mode), instance.policy->max_age_seconds,
                            instance.policy->mx.empty() ? "none" : listed(instance.policy->mx, 3));
  add_finding("sts-policy-flapping",
              {.message = fmt::format(
                   "The served policy reverted to an earlier version {} times since {}: {}",
                   kFlappingReturns, rfc3339(first), others)});
  return true;
}

// Senders hold a policy other than the current one under the current id, so they do not fetch
// again.
bool ChangeRules::stale_copies() {
  const auto& record = history_.record;
  const auto& policy = history_.policy;
  if (!record.value || record.value->empty() || !policy.value || !is_served()) return false;
  // The DNS answer may be older than the policy: a resolver may still cache the old id.
  if (record.candidate || policy.candidate || now_ < history_.record_fresh_at) return false;
  const CachedPolicy* stale = nullptr;
  for (const CachedPolicy& instance : history_.instances) {
    bool counts = instance.confirmed && instance.gone != kNever && instance.id == *record.value &&
                  !mean_the_same(*instance.policy, **policy.value) &&
                  held_until(instance, now_) > now_;
    if (counts && (stale == nullptr || held_until(instance, now_) > held_until(*stale, now_)))
      stale = &instance;
  }
  if (stale == nullptr) return false;
  if (announces_another_than_hosted(judgement_)) return true;  // reported as such
  date_reported_ = true;
  auto id = std::find_if(history_.ids.begin(), history_.ids.end(),
                         [&](const SeenId& seen) { return seen.id == *record.value; });
  bool reused = id != history_.ids.end() && id->returned != kNever && stale->gone <= id->returned;
  bool id_first = std::any_of(
      history_.instances.begin(), history_.instances.end(), [&](const CachedPolicy& other) {
        return other.id != stale->id && other.policy->digest == stale->policy->digest &&
               other.gone <= stale->gone && other.gone >= stale->first_seen &&
               served_alone(other.id, *stale->policy) &&
               stale->gone - stale->first_seen < judgement_.thresholds.change_hold;
      });
  HeldPolicy held{stale->policy, stale->id, stale->gone, held_until(*stale, now_), true};
  std::string copies =
      fmt::format("senders may hold {} under it until {}", held_text(held), until(held.until));
  FindingDetails what;
  what.fix = new_id_fix();
  if (reused)
    what.message = fmt::format("The id {} was used before and reappeared on {}; {}",
                               quoted(stale->id), date_text(id->returned), copies);
  else if (id_first)
    what.message = fmt::format("The id became {} on {}, before the policy changed on {}; {}",
                               quoted(stale->id), date_text(stale->first_seen),
                               date_text(policy.since), copies);
  else
    what.message = fmt::format("The policy changed on {}, but the id is still {}; {}",
                               date_text(policy.since), quoted(stale->id), copies);
  add_finding(reused     ? FindingCode("sts-id-reused")
              : id_first ? FindingCode("sts-id-changed-before-body")
                         : "sts-body-changed-id-same",
              std::move(what));
  return true;
}

// Anomalies of the new id itself, reported for change_hold.
void ChangeRules::id_changes() {
  const auto& record = history_.record;
  if (!record.previous || !is_recent(record.changed) || record.value->empty()) return;
  if (announces_hosted()) return;  // equal policies have equal ids
  std::string when = date_text(record.changed);
  for (const SeenId& seen : history_.ids) {
    if (seen.id != *record.value || !is_recent(seen.returned)) continue;
    return add_finding(
        "sts-id-reused",
        {.message = fmt::format(
             "The id {} published on {} was first seen on {} and has been replaced since",
             quoted(seen.id), when, date_text(seen.first_seen)),
         .fix = new_id_fix()});
  }
  if (record.previous->empty()) return;
  std::string change = fmt::format("The id changed from {} to {} on {}", quoted(*record.previous),
                                   quoted(*record.value), when);
  if (is_digits(*record.value) && is_digits(*record.previous) &&
      record.value->size() == record.previous->size() && *record.value < *record.previous)
    add_finding("sts-id-went-backwards", {.message = change});
  if (!history_.policy.value || !is_served()) return;
  // Otherwise the id announces an earlier policy change, as it should (RFC 8461 §8.1).
  bool under_previous =
      std::any_of(history_.instances.begin(), history_.instances.end(),
                  [&](const CachedPolicy& instance) { return instance.id == *record.previous; });
  if (under_previous && served_alone(*record.previous, **history_.policy.value))
    add_finding("sts-id-changed-body-same",
                {.message = change + ", but the policy stayed the same"});
}

void ChangeRules::mode_fall() {
  if (!history_.policy.value || !is_recent(history_.mode_fell)) return;
  Mode now = (*history_.policy.value)->mode;
  add_finding(now == Mode::none ? FindingCode("sts-mode-downgrade-enforce-none")
                                : "sts-mode-downgrade-enforce-testing",
              {.message = fmt::format("The mode was enforce until {} and is now {}",
                                      rfc3339(history_.mode_fell), name_of(now))});
}

void ChangeRules::max_age() {
  if (!history_.policy.value) return;
  const PolicyFacts& today = **history_.policy.value;
  const CachedPolicy* other = nullptr;
  for (const CachedPolicy& instance : history_.instances)
    if (instance.confirmed && is_recent(instance.gone) && instance.policy->mode == today.mode &&
        instance.policy->max_age_seconds != today.max_age_seconds &&
        (other == nullptr || instance.policy->max_age_seconds > other->policy->max_age_seconds))
      other = &instance;
  if (other == nullptr) return;
  bool reduced = today.max_age_seconds < other->policy->max_age_seconds;
  add_finding(reduced ? FindingCode("sts-max-age-reduced") : "sts-max-age-raised",
              {.message = fmt::format("max_age was {} until {} and is now {}",
                                      other->policy->max_age_seconds, rfc3339(other->gone),
                                      today.max_age_seconds)});
}

void ChangeRules::mail_hosts() {
  bool unsafe = false;
  for (const SeenMx& mx : history_.mx_hosts)
    if (mx.host != "." && mx.removed == kNever && mx.added != kNever) unsafe |= added_host(mx);
  for (const SeenMx& mx : history_.mx_hosts)
    if (!unsafe && mx.host != "." && is_recent(mx.removed))
      add_finding("mx-removed",
                  {.message = fmt::format("{} was removed from the MX records on {}",
                                          printable(mx.host, 253), date_text(mx.removed)),
                   .host = mx.host});
}

// RFC 8461 §8.1: senders that hold an older policy validate the new host against it. True when no
// current MX host matches that policy.
bool ChangeRules::added_host(const SeenMx& mx) {
  const std::string& host = mx.host;
  MxName name;
  for (const MxTarget& target : judgement_.evidence.mx_targets)
    if (target.host == host) name = judgement_.read_mx(target);
  if (is_wrong_name(name.slip)) return false;  // reported as such
  std::string arrival =
      fmt::format("{} was added on {}", printable(host, 253), date_text(mx.added));
  const auto& known = history_.policy.value;
  if (known && is_served() && (*known)->mode != Mode::none &&
      !covering_pattern((*known)->mx, host)) {
    add_finding("mx-added-not-covered",
                {.message = fmt::format("{} and matches none of the policy's mx patterns {}",
                                        arrival, listed((*known)->mx, 8)),
                 .fix = name.slip == MxSlip::none ? std::string() : correction_of(host, name) + ".",
                 .host = host});
    return false;
  }
  for (const HeldPolicy& held : held_) {
    bool rules = held.confirmed && held.policy->mode == Mode::enforce;
    if (!rules || covering_pattern(held.policy->mx, host)) continue;
    // Senders that hold the policy deliver to another host that it matches.
    const auto& hosts = *history_.mx.value;
    bool other_way = std::any_of(hosts.begin(), hosts.end(), [&](const std::string& other) {
      return covering_pattern(held.policy->mx, other).has_value();
    });
    FindingDetails what;
    what.message = fmt::format("{}, but senders may hold {} with mx {} until {}", arrival,
                               held_text(held), listed(held.policy->mx, 5), until(held.until));
    what.fix = fmt::format("Keep an MX host that matches {} until {}", listed(held.policy->mx, 5),
                           until(held.until));
    what.host = host;
    if (other_way) what.severity = Severity::info;
    date_reported_ = true;
    add_finding("mx-changed-inside-cache-window", std::move(what));
    return !other_way;
  }
  return false;
}

void ChangeRules::mail_provider() {
  const MxAlternation& alternation = history_.mx_alternation;
  if (is_mx_flapping(alternation, now_))
    return add_finding("mx-set-flapping",
                       {.message = fmt::format(
                            "An earlier set of MX hosts came back {} times since {}; the latest "
                            "known set is {}",
                            alternation.returns, rfc3339(alternation.first_return),
                            listed(history_.mx.value.value_or(std::vector<std::string>()), 8))});
  if (!is_recent(history_.provider_changed) || !history_.mx.value) return;
  add_finding("mx-provider-changed",
              {.message = fmt::format("The MX hosts belonged to {} until {} and now belong to {}",
                                      history_.provider_before, rfc3339(history_.provider_changed),
                                      providers_text(*history_.mx.value))});
}

void ChangeRules::cache_window() {
  const HeldPolicy& longest = held_.front();
  add_finding("sts-cache-window-open",
              {.message = fmt::format("Senders may hold {} until {}", held_text(longest),
                                      until(longest.until))});
}

}  // namespace

void judge_change(RuleContext& context, const History& history, const Observation& seen) {
  if (!history.published) {
    context.not_applicable(Stage::change);
    return;
  }
  bool policy_seen = seen.policy != nullptr || seen.policy_gone;
  if (!seen.record || !policy_seen)
    context.not_observed(
        "sts-change-unchecked",
        {.message = fmt::format("The {} could not be observed, so changes to {} are unknown",
                                seen.record   ? "policy"
                                : policy_seen ? "record"
                                              : "record and policy",
                                seen.record || policy_seen ? "it" : "them")});
  ChangeRules(context, history).judge();
  judge_issuer_changes(context, history);
  judge_key_changes(context, history, seen);
}

}  // namespace mtasts::verdict
