// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "plan/plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "plan/plan_parts.h"
#include "protocol/sts/policy_writer.h"
#include "verdict/domain/mx_name.h"

namespace mtasts::plan {
namespace {

using protocol::Mode;
using std::chrono::seconds;

constexpr uint64_t kDay_seconds = 86400;
// Two weeks: usual when enforcement begins, and long enough to bridge failed refreshes.
constexpr uint64_t kCautiousAge_seconds = 14 * kDay_seconds;
// An unknown TTL counts as a day; longer ones are rare and have their own finding.
constexpr seconds kAssumedTtl{kDay_seconds};

Plan begin(PlanKind kind, const PlanInput& input, const SenderCaches& caches) {
  Plan plan;
  plan.kind = kind;
  plan.domain = input.domain;
  plan.at = input.now;
  plan.held = caches.old;
  plan.assumption = assumption_of(input);
  return plan;
}

// Without a record and without an old policy that is still held, there is no MTA-STS.
bool is_absent(const PlanInput& input, const SenderCaches& caches) {
  bool seen = input.basis == PolicyBasis::served || input.basis == PolicyBasis::unusable;
  return !seen && caches.old.empty() && (input.record_missing || !can_plan(input));
}

constexpr std::string_view kPolicyFirst =
    "Publish the policy before the record; otherwise senders may cache the old policy under the "
    "new id (RFC 8461 §8.1).";

std::string ttl_text(const PlanInput& input) {
  if (!input.record_ttl) return "once the TTL of the TXT record has expired";
  return fmt::format("once the TTL of the TXT record ({} seconds) has expired",
                     input.record_ttl->count());
}

// Waits until senders no longer enforce what they hold.
PlanStep wait_for_repair(const PlanInput& input, const SenderCaches& caches,
                         const verdict::HeldPolicy& last) {
  PlanStep step;
  step.action =
      "Meanwhile fix the MX hosts, or keep those that the old policy covers in operation.";
  step.why = fmt::format(
      "Senders check for the new id at their next delivery, {}; those that do not check may "
      "enforce {} until then (RFC 8461 §5.1).",
      ttl_text(input), text_of(last, caches));
  step.wait_until = whole_minute_after(last.until);
  step.verify = check_command(input);
  return step;
}

PlanStep enforce_again(const PlanInput& input, const std::vector<std::string>& patterns,
                       TxtRecord record) {
  PlanStep step;
  step.action =
      "When the fault is fixed, publish this policy and, once the command shows it, this record "
      "with another new id.";
  step.why =
      "Mode enforce restores protection; a small max_age limits the effect of the next mistake, "
      "and can be raised when the reports show no failures (RFC 8461 §10.2).";
  step.policy = protocol::write_policy(
      Mode::enforce, patterns,
      std::clamp(input.policy.max_age_seconds, kDay_seconds, kCautiousAge_seconds));
  step.record = std::move(record);
  step.verify = fetch_command(input);
  host(step, input,
       {Mode::enforce, patterns,
        std::clamp(input.policy.max_age_seconds, kDay_seconds, kCautiousAge_seconds)});
  return step;
}

// Publishes a policy that stops enforcement; without mx lines its mode must be none (RFC 8461
// §3.2).
PlanStep stop_enforcement(const PlanInput& input, const std::vector<std::string>& patterns) {
  std::string why =
      patterns.empty() ? "No MX host is known that mode testing could list, and in mode none "
                         "senders act as if there were no policy (RFC 8461 §3.2, §5). "
                       : "In mode testing senders report failures but still deliver, and a max_age "
                         "of one day makes further changes take effect soon (RFC 8461 §5). ";
  return publish_policy(input,
                        patterns.empty()
                            ? policy_of_mode_none(input, kDay_seconds)
                            : protocol::write_policy(Mode::testing, patterns, kDay_seconds),
                        why + std::string(kPolicyFirst));
}

// What stop_enforcement() publishes.
NewPolicy stopping_policy(const PlanInput& input, const std::vector<std::string>& patterns) {
  if (!patterns.empty()) return {Mode::testing, patterns, kDay_seconds};
  std::vector<std::string> lines = with_hosts(input.policy.mx, input.mx_hosts);
  if (lines.empty()) lines.push_back(input.domain);
  return {Mode::none, std::move(lines), kDay_seconds};
}

std::string why_wait(const verdict::HeldPolicy* last, const SenderCaches& caches, Time until) {
  if (last == nullptr || whole_minute_after(last->until) < until)
    return "Senders may use the old record for its TTL and then hold the policy of mode none for a "
           "day; every policy must have expired before the policy host is removed (RFC 8461 §8.3).";
  if (last->policy->mode == Mode::none)
    return fmt::format(
        "The policy served before mode none is not known; with the same max_age of {} seconds "
        "senders may hold it until then, and it must have expired before the policy host is "
        "removed (RFC 8461 §8.3).",
        usable_age(last->policy->max_age_seconds));
  return fmt::format(
      "Senders may hold {} until then; every policy ever served must have expired before the "
      "policy host is removed (RFC 8461 §8.3).",
      text_of(*last, caches));
}

PlanStep wait_for_expiry(const verdict::HeldPolicy* last, const SenderCaches& caches, Time until) {
  PlanStep step;
  step.action =
      "Meanwhile keep the policy, the record, TLSRPT, and MX hosts that the old policy covers.";
  step.why = why_wait(last, caches, until);
  step.wait_until = until;
  return step;
}

void add_removal(const PlanInput& input, bool record_there, std::vector<PlanStep>& steps) {
  if (record_there) {
    PlanStep record;
    record.action = fmt::format("Remove the TXT record _mta-sts.{}.", input.domain);
    record.why =
        "Without it senders do not fetch a policy (RFC 8461 §3.1), while with it mailauth 7.1.0 "
        "and "
        "5.0.1 go on enforcing a policy that has expired for as long as they cannot fetch another; "
        "the TLSRPT record can be removed as well.";
    record.verify = record_command(input);
    steps.push_back(std::move(record));
  }
  PlanStep host;
  host.action = fmt::format(
      "When the TTL of the record has expired, remove the policy and the policy host mta-sts.{}.",
      input.domain);
  host.why =
      "A sender that still sees the record would find no policy and report that (RFC 8461 §6).";
  host.verify = domain_command(
      "dig +noall +answer +comments mta-sts.{domain} A mta-sts.{domain} AAAA", input);
  steps.push_back(std::move(host));
}

}  // namespace

std::string_view name_of(PlanKind kind) {
  switch (kind) {
    case PlanKind::rollback:
      return "rollback";
    case PlanKind::remove:
      return "remove";
    case PlanKind::mx_move:
      return "mx-move";
    case PlanKind::enforce:
      return "enforce";
  }
  return "?";
}

bool can_plan(const PlanInput& input) { return input.basis != PolicyBasis::none; }

PlanInput plan_input(const verdict::Report& report, verdict::HistoryPtr history, Time now,
                     reports::DomainSummaryPtr reported) {
  PlanInput input;
  input.domain = report.domain;
  input.now = now;
  input.history = std::move(history);
  const verdict::History* past = input.history.get();
  bool readable = report.policy.mode && report.policy.max_age_seconds;
  bool remembered = past != nullptr && (past->policy.value || !past->instances.empty());
  if (readable && (report.policy.valid || !remembered)) {
    input.basis = report.policy.valid ? PolicyBasis::served : PolicyBasis::unusable;
    // Without a digest, so that it is compared by its contents.
    input.policy = {std::nullopt, *report.policy.mode, *report.policy.max_age_seconds,
                    report.policy.mx};
  } else if (remembered) {
    bool known = past->policy.value.has_value();
    input.basis = PolicyBasis::remembered;
    input.policy = known ? **past->policy.value : *past->instances.back().policy;
    input.policy_seen = known ? past->policy.seen : past->instances.back().last_seen;
  }
  input.record_missing = report.record.status == verdict::TxtStatus::missing;
  if (report.record.status == verdict::TxtStatus::found)
    input.record_id = report.record.id.value_or("");
  input.mx_hosts = verdict::listable_hosts(report);
  if (report.mx.empty() && past != nullptr && past->mx.value) input.mx_hosts = *past->mx.value;
  input.reported = std::move(reported);
  input.rollout = verdict::rollout_of({report, past, input.reported.get(), now});
  return input;
}

Plan plan_rollback(const PlanInput& input) {
  SenderCaches caches = sender_caches_of(input);
  Plan plan = begin(PlanKind::rollback, input, caches);
  const verdict::HeldPolicy* last = caches.longest(is_enforced);
  if (last == nullptr) {
    plan.summary = "There is nothing to roll back: ";
    plan.summary +=
        caches.served ? fmt::format(
                            "the policy is in mode {}, and no sender is known to hold one in mode "
                            "enforce.",
                            name_of(input.policy.mode))
                      : "no policy was seen, and no sender is known to hold one in mode enforce.";
    return plan;
  }
  bool stopped = input.basis == PolicyBasis::served && !is_enforced(input.policy);
  IdSource ids(input);
  std::vector<std::string> patterns = with_hosts(input.policy.mx, input.mx_hosts);
  if (!stopped) {
    plan.steps.push_back(stop_enforcement(input, patterns));
    plan.steps.push_back(publish_record(input, ids.next(input.now), true));
    NewPolicy stopping = stopping_policy(input, patterns);
    for (PlanStep& step : plan.steps) host(step, input, stopping);
  } else if (wants_new_id(input, caches.old)) {
    plan.steps.push_back(publish_record(input, ids.next(input.now), false));
  }
  plan.steps.push_back(wait_for_repair(input, caches, *last));
  if (!patterns.empty() && input.policy.mode != Mode::none)
    plan.steps.push_back(enforce_again(input, patterns, ids.next(input.now)));
  plan.senders = sender_delays(input, caches, *last);
  std::string until = verdict::until_text(whole_minute_after(last->until), input.now);
  plan.summary = stopped ? fmt::format(
                               "The served policy is no longer in mode enforce, but senders may "
                               "enforce a cached policy until {}.",
                               until)
                         : fmt::format(
                               "The first two steps end enforcement for every sender that checks "
                               "for a new id; others may enforce a cached policy until {}.",
                               until);
  return plan;
}

Plan plan_remove(const PlanInput& input) {
  SenderCaches caches = sender_caches_of(input);
  Plan plan = begin(PlanKind::remove, input, caches);
  if (is_absent(input, caches)) {
    plan.summary =
        "There is nothing to remove: there is no record, and no sender is known to hold "
        "a policy.";
    return plan;
  }
  bool retired = input.basis == PolicyBasis::served && input.policy.mode == Mode::none;
  // A held policy of mode none does no harm; without a history, its max_age is all that is known
  // about earlier policies.
  bool assumed = input.history == nullptr;
  const verdict::HeldPolicy* last = caches.longest([&](const verdict::PolicyFacts& policy) {
    return policy.mode != Mode::none || (retired && assumed);
  });
  IdSource ids(input);
  Time until = last == nullptr ? input.now : whole_minute_after(last->until);
  if (!retired) {
    plan.steps.push_back(
        publish_policy(input, policy_of_mode_none(input, kDay_seconds),
                       "In mode none senders act as if there were no policy, and with a max_age of "
                       "one day it expires soon (RFC 8461 §8.3); not every sender takes it without "
                       "an mx line. " +
                           std::string(kPolicyFirst)));
    plan.steps.push_back(publish_record(input, ids.next(input.now), true));
    until = std::max(until, whole_minute_after(input.now + input.record_ttl.value_or(kAssumedTtl) +
                                               seconds(kDay_seconds)));
  } else if (last != nullptr && wants_new_id(input, caches.old)) {
    plan.steps.push_back(publish_record(input, ids.next(input.now), false));
  }
  bool waits = until > input.now;
  if (waits) plan.steps.push_back(wait_for_expiry(last, caches, until));
  bool published = std::any_of(plan.steps.begin(), plan.steps.end(),
                               [](const PlanStep& step) { return step.record.has_value(); });
  add_removal(input, published || !input.record_missing, plan.steps);
  plan.summary = waits ? fmt::format(
                             "The record and the policy host can be removed on {}, when no sender "
                             "can hold a policy any more.",
                             verdict::until_text(until, input.now))
                       : "The record and the policy host can be removed now: no sender can hold a "
                         "policy other than mode none.";
  return plan;
}

Plan make_plan(PlanKind kind, const PlanInput& input) {
  switch (kind) {
    case PlanKind::rollback:
      return plan_rollback(input);
    case PlanKind::remove:
      return plan_remove(input);
    case PlanKind::mx_move:
      return plan_mx_move(input);
    case PlanKind::enforce:
      return plan_enforce(input);
  }
  return {};
}

}  // namespace mtasts::plan
