// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rules for a domain whose policy the agent itself serves (Thresholds::hosted): is it what senders
// get, and does the record announce it. The order of RFC 8461 §8.1 holds: first the policy, then
// the record. Internal to the verdict room; pure.
#pragma once

#include <optional>
#include <string>

#include "verdict/rule_context.h"

namespace mtasts::verdict {

// Every address that answered with a policy serves the agent's. False where the agent serves none.
bool serves_hosted(const RuleContext& context);

// The policy is served, and the record has another id: the one finding about it is that of
// judge_hosted_record().
bool announces_another_than_hosted(const RuleContext& context);

// What to do so that senders use the agent's policy, the exact record included; empty where the
// agent serves none.
std::string hosted_publication_fix(const RuleContext& context);

// For the report; empty where the agent serves none.
std::optional<HostedReport> report_hosted(const RuleContext& context);

// Stage record.
void judge_hosted_record(RuleContext& context);
// Stage policy_fetch; only of a domain that takes part.
void judge_hosted_policy(RuleContext& context);

}  // namespace mtasts::verdict
