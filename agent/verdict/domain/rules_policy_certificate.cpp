// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

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

void judge_policy_certificates(RuleContext& context) {
  bool seen = false;
  bool old = false;
  bool unseen = context.evidence.policy.attempts.empty();
  for (const HttpsAttempt& attempt : context.evidence.policy.attempts) {
    old |= attempt.status == HttpsStatus::tls_version_old;
    unseen |= is_unobserved(context, attempt);
    if (attempt.chain == nullptr) continue;
    seen = true;
    FindingDetails where{.message = {},
                         .host = context.evidence.policy.host,
                         .address = attempt.address,
                         .address_in_subject = false};
    judge_certificate(context.findings, *attempt.chain, kCodes, where,
                      {context.thresholds, context.now});
  }
  if (seen || old) return;
  if (unseen)
    context.not_observed(Stage::policy_certificate);
  else
    context.not_applicable(Stage::policy_certificate);
}

}  // namespace mtasts::verdict
