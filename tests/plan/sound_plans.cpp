// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "plan/sound_plans.h"

#include <gmock/gmock.h>

#include <set>

#include "protocol/sts/sts_policy.h"
#include "protocol/sts/sts_record.h"

namespace mtasts::plan {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::string with_host(std::string text) {
  for (size_t at; (at = text.find(kNewHostPlaceholder)) != std::string::npos;)
    text.replace(at, kNewHostPlaceholder.size(), kNewHost);
  return text;
}

// Invariants of every plan: texts that lint accepts, distinct ids, sentences, whole minutes.
void expect_sound(const Plan& plan, const PlanInput& input) {
  std::set<std::string> ids = {input.record_id};
  bool placeholder_seen = false;
  Time last = input.now;
  for (const PlanStep& step : plan.steps) {
    EXPECT_THAT(step.action, EndsWith("."));
    EXPECT_THAT(step.why, EndsWith("."));
    EXPECT_THAT(step.action + step.why + step.verify, Not(HasSubstr("\n")));
    for (const std::string& text : {step.policy, step.verify})
      placeholder_seen |= text.find(kNewHostPlaceholder) != std::string::npos;
    if (!step.policy.empty()) {
      auto policy = protocol::parse_sts_policy(with_host(step.policy));
      EXPECT_TRUE(policy.valid) << step.policy;
      EXPECT_THAT(step.policy, StartsWith("version: STSv1\r\nmode: "));
      EXPECT_LE(step.policy.size(), 64000u);
      for (const auto& fault : policy.faults) {
        bool own_age = policy.max_age_seconds == input.policy.max_age_seconds &&
                       fault.code.text().starts_with("sts-policy-max-age-");
        // A rollout begins with a short max_age on purpose.
        bool first_steps =
            plan.kind == PlanKind::enforce && fault.code.text() == "sts-policy-max-age-short";
        EXPECT_TRUE(fault.code.text().starts_with("sts-mode-") || own_age || first_steps)
            << fault.code.text() << step.policy;
      }
    }
    if (step.record) {
      auto record = protocol::parse_sts_record(step.record->value);
      EXPECT_TRUE(record.valid) << step.record->value;
      EXPECT_THAT(record.faults, IsEmpty());
      EXPECT_EQ(step.record->name, "_mta-sts." + plan.domain);
      EXPECT_TRUE(ids.insert(record.id).second) << record.id << " was there before";
      if (input.history != nullptr) {
        for (const verdict::SeenId& seen : input.history->ids) EXPECT_NE(seen.id, record.id);
      }
    }
    if (step.wait_until) {
      EXPECT_GT(*step.wait_until, last);
      EXPECT_EQ(step.wait_until->time_since_epoch() % std::chrono::minutes(1),
                std::chrono::milliseconds(0));
      last = *step.wait_until;
    }
  }
  EXPECT_EQ(plan.placeholder, placeholder_seen);
  EXPECT_THAT(plan.summary, EndsWith("."));
  EXPECT_THAT(plan.assumption, EndsWith("."));
}

}  // namespace

Plan made(PlanKind kind, const verdict::Report& report, verdict::HistoryPtr history,
          std::vector<std::string> new_hosts, Time now) {
  PlanInput input = plan_input(report, std::move(history), now);
  input.new_hosts = std::move(new_hosts);
  Plan plan = make_plan(kind, input);
  EXPECT_EQ(plan.kind, kind);
  EXPECT_EQ(plan.at, now);
  expect_sound(plan, input);
  return plan;
}

Plan rollback(const verdict::Report& report, verdict::HistoryPtr history) {
  return made(PlanKind::rollback, report, std::move(history));
}

Plan removal(const verdict::Report& report, verdict::HistoryPtr history) {
  return made(PlanKind::remove, report, std::move(history));
}

Plan move(const verdict::Report& report, verdict::HistoryPtr history,
          std::vector<std::string> hosts) {
  return made(PlanKind::mx_move, report, std::move(history), std::move(hosts));
}

std::string shape(const Plan& plan) {
  std::string letters;
  for (const PlanStep& step : plan.steps)
    letters += step.wait_until                       ? 'w'
               : !step.policy.empty() && step.record ? 'b'
               : !step.policy.empty()                ? 'p'
               : step.record                         ? 'r'
                                                     : '-';
  return letters;
}

std::vector<std::string> waits(const Plan& plan) {
  std::vector<std::string> times;
  for (const PlanStep& step : plan.steps)
    if (step.wait_until) times.push_back(rfc3339(*step.wait_until));
  return times;
}

}  // namespace mtasts::plan
