// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The next step towards mode enforce and a long max_age (RFC 8461 §5, §10.2): what to publish if
// nothing speaks against it, else what to do first. A text that would be harmful now is not shown.
#include <fmt/format.h>

#include <algorithm>

#include "plan/plan_parts.h"
#include "protocol/senders/senders.h"

namespace mtasts::plan {
namespace {

using verdict::NextStep;
using verdict::Obstacle;
using verdict::ObstacleKind;
using verdict::Rollout;
using verdict::RolloutPhase;

// Nothing but time, or the decision itself, is between the domain and the step.
bool is_harmless(const Obstacle& obstacle) {
  return !obstacle.blocks || obstacle.kind == ObstacleKind::too_early ||
         obstacle.kind == ObstacleKind::withdrawn;
}

bool may_show(const Rollout& rollout) {
  return rollout.next && !rollout.next->optional &&
         std::all_of(rollout.obstacles.begin(), rollout.obstacles.end(), is_harmless);
}

std::string why_of(const NextStep& next) {
  if (next.mode == protocol::Mode::testing)
    return "In mode testing senders report failures but still deliver (RFC 8461 §5). Publish the "
           "policy before the record; otherwise senders may cache the old policy under the new id "
           "(§8.1).";
  return fmt::format(
      "In mode enforce senders do not deliver to a host that fails validation, and hold the policy "
      "for {} days (RFC 8461 §5, §10.2). Publish the policy before the record; otherwise senders "
      "may cache the old policy under the new id (§8.1).",
      next.max_age_seconds / 86400);
}

std::string place_of(const Rollout& rollout) {
  if (rollout.phase == RolloutPhase::none) return "MTA-STS is not in use";
  std::string since =
      rollout.since == kNever ? std::string() : fmt::format(" since {}", date_text(rollout.since));
  return fmt::format("The domain is in phase {}{}", name_of(rollout.phase), since);
}

std::string summary_of(const PlanInput& input, const Rollout& rollout, bool shown) {
  std::string place = place_of(rollout);
  bool unused =
      std::any_of(rollout.obstacles.begin(), rollout.obstacles.end(),
                  [](const Obstacle& one) { return one.kind == ObstacleKind::not_published; });
  if (unused)
    return fmt::format("{}: begin with mtasts-exporter generate all {} --out DIR.", place,
                       input.domain);
  if (!rollout.next || rollout.next->optional)
    return fmt::format(
        "{}, and the rollout is complete; a max_age of up to 31536000 is optional, and {} keeps a "
        "policy for 30 days at most, while {} takes exactly 31557600 for one day.",
        place, protocol::names_text({protocol::Sender::postfix_tlspol}),
        protocol::names_text({protocol::Sender::stalwart}));
  const NextStep& next = *rollout.next;
  std::string step = verdict::policy_text(next.mode, next.max_age_seconds);
  if (rollout.ready)
    return fmt::format("{}, and nothing speaks against the next step, {}, now.", place, step);
  if (shown && next.earliest && *next.earliest > input.now)
    return fmt::format("{}; the next step, {}, can be taken on {}.", place, step,
                       verdict::until_text(*next.earliest, input.now));
  if (shown) return fmt::format("{}; the next step is {}.", place, step);
  auto open = std::count_if(rollout.obstacles.begin(), rollout.obstacles.end(),
                            [](const Obstacle& one) { return one.blocks; });
  return fmt::format("{}, and {} thing{} speak{} against the next step, {}.", place, open,
                     open == 1 ? "" : "s", open == 1 ? "s" : "", step);
}

PlanStep wait_for(const PlanInput& input, Time until, std::string action, std::string why) {
  PlanStep step;
  step.action = std::move(action);
  step.why = std::move(why);
  if (until > input.now) step.wait_until = whole_minute_after(until);
  step.verify = check_command(input);
  return step;
}

void add_publication(const PlanInput& input, const NextStep& next,
                     std::vector<std::string> patterns, std::vector<PlanStep>& steps) {
  IdSource ids(input);
  NewPolicy policy{next.mode, std::move(patterns), next.max_age_seconds};
  Publication publication = publication_of(input, policy, why_of(next), ids);
  Time start = input.now;
  if (next.earliest && *next.earliest > input.now) {
    start = whole_minute_after(*next.earliest);
    steps.push_back(wait_for(input, start,
                             "Change nothing until then, and fix at once what a check reports.",
                             "An error restarts the count, and is cheap as long as the policy is "
                             "not stricter."));
  }
  steps.push_back(std::move(publication.policy));
  steps.push_back(std::move(publication.record));
  auto after = verdict::phase_after(next.phase);
  if (!after || *after == RolloutPhase::enforce_year) return;
  Time until = start + verdict::durations_of(next.phase).in_phase;
  steps.push_back(wait_for(
      input, until,
      fmt::format("Watch the checks and the TLS reports, then run mtasts-exporter plan enforce {} "
                  "again.",
                  input.domain),
      next.mode == protocol::Mode::enforce
          ? "If mail is not delivered meanwhile, mtasts-exporter plan rollback stops enforcement."
          : "What senders report in mode testing is what they would not deliver in mode enforce."));
}

// What to do first, in the order of the list of obstacles.
void add_preparation(const PlanInput& input, const Rollout& rollout, std::vector<PlanStep>& steps) {
  for (const Obstacle& one : rollout.obstacles) {
    if (!one.blocks || one.kind == ObstacleKind::too_early) continue;
    PlanStep step;
    step.action = one.action.ends_with('.') ? one.action : one.action + ".";
    step.why = one.text.ends_with('.') ? one.text : one.text + ".";
    if (one.kind == ObstacleKind::finding) step.verify = check_command(input);
    steps.push_back(std::move(step));
  }
  PlanStep again;
  again.action =
      fmt::format("Then run mtasts-exporter plan enforce {} again, which prints what to publish.",
                  input.domain);
  again.why = "A stricter policy that is published too early stops mail (RFC 8461 §5, §10.2).";
  if (rollout.next && rollout.next->earliest && *rollout.next->earliest > input.now)
    again.wait_until = whole_minute_after(*rollout.next->earliest);
  steps.push_back(std::move(again));
}

// The phases from the next one on, each as early as it can be.
std::vector<PlannedPhase> outline_of(const PlanInput& input, const Rollout& rollout) {
  std::vector<PlannedPhase> outline;
  if (!rollout.next) return outline;
  Time at = rollout.next->earliest.value_or(input.now +
                                            verdict::durations_of(rollout.phase).without_errors);
  at = whole_minute_after(std::max(at, input.now));
  for (auto phase = std::optional(rollout.next->phase); phase;
       phase = verdict::phase_after(*phase)) {
    outline.push_back({*phase, verdict::mode_of(*phase), verdict::max_age_of(*phase),
                       *phase == RolloutPhase::enforce_year, at});
    at += verdict::durations_of(*phase).in_phase;
  }
  return outline;
}

}  // namespace

Plan plan_enforce(const PlanInput& input) {
  Plan plan;
  plan.kind = PlanKind::enforce;
  plan.domain = input.domain;
  plan.at = input.now;
  plan.held = sender_caches_of(input).old;
  plan.assumption = assumption_of(input);
  if (!input.rollout) {
    plan.summary = fmt::format(
        "Too little was observed to plan; run mtasts-exporter check {} to see what is wrong.",
        input.domain);
    return plan;
  }
  const Rollout& rollout = *input.rollout;
  plan.rollout = rollout;
  plan.outline = outline_of(input, rollout);
  std::vector<std::string> patterns = with_hosts(input.policy.mx, input.mx_hosts);
  bool shown = may_show(rollout) && !patterns.empty();
  plan.summary = summary_of(input, rollout, shown);
  if (!rollout.next || rollout.next->optional) return plan;
  if (shown)
    add_publication(input, *rollout.next, std::move(patterns), plan.steps);
  else
    add_preparation(input, rollout, plan.steps);
  return plan;
}

}  // namespace mtasts::plan
