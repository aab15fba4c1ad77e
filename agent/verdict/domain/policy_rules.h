// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parts of the rules for stages policy_fetch and policy_certificate. Internal to the verdict room;
// pure.
#pragma once

#include "protocol/http/attempt.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {

// What an HTTP response from one address of the policy host means: status, headers, duration.
void judge_policy_answer(RuleContext& context, const protocol::HttpsAttempt& attempt);
// The fix for a failure without an HTTP response; empty: that of the table.
std::string policy_failure_fix(const protocol::HttpsAttempt& attempt,
                               const std::string& policy_host);
// The faults of a body, with message and fix by what the response's head says of their cause.
std::vector<protocol::SyntaxFault> faults_with_cause(std::vector<protocol::SyntaxFault> faults,
                                                     const protocol::HttpsAttempt& attempt,
                                                     const std::string& policy_host);
// The certificate that one address presents (stage policy_certificate).
void judge_policy_certificate(RuleContext& context, const protocol::HttpsAttempt& attempt);
// Whether the stage policy_certificate was observed, and applies.
void judge_certificate_stage(RuleContext& context);
// All addresses of the policy host that were contacted, weighed against each other.
void judge_policy_addresses(RuleContext& context);
// The addresses that were not contacted.
void judge_unchecked_policy_host(RuleContext& context);

}  // namespace mtasts::verdict
