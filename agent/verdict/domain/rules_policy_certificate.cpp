// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include "verdict/certificate_rules.h"
#include "verdict/domain/policy_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::HttpsAttempt;
using protocol::HttpsStatus;

constexpr CertificateCodes kCodes = {
    .expired = "sts-tls-expired",
    .not_yet_valid = "sts-tls-not-yet-valid",
    .host_mismatch = "sts-tls-host-mismatch",
    .cn_only = "sts-tls-cn-only",
    .untrusted = "sts-tls-untrusted",
    .self_signed = "sts-tls-self-signed",
    .incomplete_chain = "sts-tls-incomplete-chain",
    .name_constraint = "sts-tls-name-constraint",
    .purpose = "sts-tls-purpose",
    .expiring = "sts-tls-expiring",
    .weak_key = "sts-tls-weak-key",
    .weak_signature = "sts-tls-weak-signature",
};

}  // namespace

void judge_policy_certificate(RuleContext& context, const HttpsAttempt& attempt) {
  if (attempt.chain == nullptr) return;
  FindingDetails where{
      .message = {}, .host = context.evidence.policy.host, .address = attempt.address};
  judge_certificate(context.findings, *attempt.chain, kCodes, where,
                    {context.thresholds, context.now});
}

void judge_certificate_stage(RuleContext& context) {
  const PolicyEvidence& policy = context.evidence.policy;
  for (const HttpsAttempt& attempt : policy.attempts)
    if (attempt.chain != nullptr || attempt.status == HttpsStatus::tls_version_old) return;
  if (!is_policy_unobserved(context)) {
    context.not_applicable(Stage::policy_certificate);
    return;
  }
  context.not_observed("sts-tls-unchecked",
                       {.message = fmt::format("No certificate of {} was observed", policy.host),
                        .host = policy.host});
}

}  // namespace mtasts::verdict
