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
// The certificates of all addresses of the policy host (stage policy_certificate).
void judge_policy_certificates(RuleContext& context);

}  // namespace mtasts::verdict
