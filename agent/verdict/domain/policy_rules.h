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
// The certificates of all addresses of the policy host (stage policy_certificate).
void judge_policy_certificates(RuleContext& context);

}  // namespace mtasts::verdict
