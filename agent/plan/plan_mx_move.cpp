// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The plan for a move to other MX hosts: list them, wait, move, clean up (RFC 8461 §8.1, §5.1).
#include <fmt/format.h>

#include <algorithm>

#include "plan/plan_parts.h"
#include "protocol/sts/policy_writer.h"

namespace mtasts::plan {
namespace {

using protocol::Mode;

// RFC 5321 §4.5.4.1: senders retry for four to five days; TTLs of MX records are shorter.
constexpr std::chrono::hours kQueueTime{5 * 24};

struct Move {
  const PlanInput& input;
  const SenderCaches caches = sender_caches_of(input);
  const bool placeholder = input.new_hosts.empty();
  const bool listed = can_plan(input) && input.policy.mode != Mode::none;  // there are mx lines
  const std::vector<std::string> before = with_hosts(input.policy.mx, input.mx_hosts);
  IdSource ids{input};

  bool covers(const verdict::PolicyFacts& policy) const {
    return !placeholder && covers_all(policy.mx, input.new_hosts);
  }
  std::vector<std::string> during() const {
    if (placeholder) return with_placeholder(before);
    std::vector<std::string> hosts = input.mx_hosts;
    hosts.insert(hosts.end(), input.new_hosts.begin(), input.new_hosts.end());
    return with_hosts(before, hosts);
  }
  // The mx lines at the start of the move: the current ones if they cover the new hosts.
  std::vector<std::string> published() const {
    return covers(input.policy) ? with_hosts(input.policy.mx, {}) : during();
  }
  std::vector<std::string> after() const {
    if (placeholder) return with_placeholder({});
    return limited_to_hosts(input.policy.mx, input.new_hosts);
  }
  static std::vector<std::string> with_placeholder(std::vector<std::string> patterns) {
    patterns.emplace_back(kNewHostPlaceholder);
    return patterns;
  }
};

PlanStep list_both(const Move& move) {
  const PlanInput& input = move.input;
  PlanStep step = publish_policy(
      input, protocol::write_policy(input.policy.mode, move.during(), input.policy.max_age_seconds),
      "An MX host must be in the policy before it is in DNS; otherwise senders do not deliver to "
      "it. Publish the policy before the record; otherwise senders may cache the old policy under "
      "the new id (RFC 8461 §4.1, §8.1).");
  step.action =
      fmt::format("Publish this policy, which lists both the old and the new MX hosts, at {}.",
                  policy_url(input));
  return step;
}

std::string connect_command(const Move& move) {
  constexpr CommandTemplate kForm =
      "openssl s_client -starttls smtp -connect {connect} -servername {host} -verify_hostname "
      "{host} </dev/null";
  constexpr CommandTemplate kPlaceholder = kNewHostPlaceholder;
  if (move.placeholder)
    return shell_command(kForm, {{"connect", CommandValue::to_be_replaced(kPlaceholder, ":25")},
                                 {"host", CommandValue::to_be_replaced(kPlaceholder)}});
  const std::string& host = move.input.new_hosts.front();
  return shell_command(
      kForm, {{"connect", CommandValue::endpoint(host, 25)}, {"host", CommandValue::host(host)}});
}

void add_preparation(const Move& move, const verdict::HeldPolicy* last,
                     std::vector<PlanStep>& steps) {
  PlanStep step;
  step.action =
      "Make sure that every new MX host offers STARTTLS with a trusted certificate for its own "
      "name.";
  step.why = "A policy requires this of every host that it lists (RFC 8461 §4.2).";
  if (last != nullptr) {
    step.action = "Meanwhile do not change the MX records, and make" + step.action.substr(4);
    step.why = fmt::format(
        "Senders that do not check for a new id may enforce {} until then, and it does not cover "
        "the new hosts (RFC 8461 §5.1).",
        text_of(*last, move.caches));
    step.wait_until = whole_minute_after(last->until);
  }
  step.verify = connect_command(move);
  steps.push_back(std::move(step));
}

void add_change(const Move& move, Time until, std::vector<PlanStep>& steps) {
  PlanStep change;
  change.action = "Change the MX records to the new hosts.";
  change.why =
      "Every policy that a sender may still enforce covers the new hosts (RFC 8461 §4.1, §5).";
  change.verify = domain_command("dig +noall +answer +comments MX {domain}", move.input);
  steps.push_back(std::move(change));
  PlanStep keep;
  keep.action = "Keep the old MX hosts running in addition to the new ones.";
  keep.why =
      "Senders use the old MX records for their TTL and may queue mail for up to five days (RFC "
      "5321 §4.5.4.1).";
  keep.wait_until = until;
  steps.push_back(std::move(keep));
}

void add_tidying(Move& move, Time at, std::vector<PlanStep>& steps) {
  const PlanInput& input = move.input;
  std::vector<std::string> after = move.after();
  bool shrinks = move.listed && after != move.published();
  if (shrinks) {
    PlanStep policy;
    policy.action =
        "Publish this policy, which lists only the new MX hosts, and, once the command shows it, "
        "this record with another new id.";
    policy.why =
        "A host that is still listed could receive the domain's mail (RFC 8461 §10.4), and a new "
        "id makes senders fetch the policy again (§5.1).";
    policy.policy = protocol::write_policy(input.policy.mode, after, input.policy.max_age_seconds);
    policy.record = move.ids.next(at);
    policy.verify = fetch_command(input);
    steps.push_back(std::move(policy));
  }
  PlanStep end;
  end.action = "Shut down the old MX hosts.";
  end.why = "No MX record and no queued message refers to them any more.";
  if (shrinks) {
    Time until = at + std::chrono::seconds(usable_age(input.policy.max_age_seconds));
    if (const verdict::HeldPolicy* last = move.caches.longest(is_enforced))
      until = std::max(until, last->until);
    end.action = fmt::format(
        "Shut down the old MX hosts, and do not let anyone else use their names before {}.",
        verdict::until_text(whole_minute_after(until), input.now));
    end.why =
        "The hosts are no longer needed, but senders may hold a policy that lists them (RFC 8461 "
        "§5.1, §10.4).";
  }
  steps.push_back(std::move(end));
}

std::string summary_of(const Move& move, const verdict::HeldPolicy* last) {
  if (last != nullptr)
    return fmt::format(
        "The MX records can change on {}; until then senders may enforce a policy that does not "
        "cover the new hosts.",
        verdict::until_text(whole_minute_after(last->until), move.input.now));
  bool covered = move.caches.served && is_enforced(*move.caches.served->policy);
  return covered ? "There is nothing to wait for: every policy that senders may enforce already "
                   "covers the new MX hosts."
                 : "There is nothing to wait for: no sender is known to enforce a policy that does "
                   "not cover the new MX hosts.";
}

}  // namespace

Plan plan_mx_move(const PlanInput& input) {
  Move move{input};
  Plan plan;
  plan.kind = PlanKind::mx_move;
  plan.domain = input.domain;
  plan.at = input.now;
  plan.held = move.caches.old;
  plan.assumption = assumption_of(input);
  bool nothing = !move.caches.served && move.caches.old.empty();
  if (nothing && (input.record_missing || !can_plan(input))) {
    plan.summary =
        "There is nothing to plan: no sender is known to hold a policy, so the MX records can "
        "change at any time.";
    return plan;
  }
  plan.placeholder = move.placeholder;
  const verdict::HeldPolicy* last = move.caches.longest([&](const verdict::PolicyFacts& policy) {
    return is_enforced(policy) && !move.covers(policy);
  });
  bool list = move.listed && !move.covers(input.policy);
  if (list) plan.steps.push_back(list_both(move));
  if (list || (last != nullptr && wants_new_id(input, move.caches.old)))
    plan.steps.push_back(publish_record(input, move.ids.next(input.now), list));
  add_preparation(move, last, plan.steps);
  Time moved = last == nullptr ? input.now : whole_minute_after(last->until);
  Time free = whole_minute_after(moved + kQueueTime);
  add_change(move, free, plan.steps);
  add_tidying(move, free, plan.steps);
  plan.summary = summary_of(move, last);
  return plan;
}

}  // namespace mtasts::plan
