// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage mx_certificate of one MX host: the certificate of each address.
#include <fmt/format.h>

#include "verdict/certificate_rules.h"
#include "verdict/host/host_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::PeerChain;
using protocol::SmtpAttempt;

CertificateLimits limits_of(const HostContext& context) {
  return {context.thresholds, context.now};
}

bool ends_soon(const HostContext& context, const PeerChain& chain) {
  return expiry_severity(chain, limits_of(context)).has_value();
}

// RFC 8461 §8.4: senders connect to one address at a time, so a bad pool member can go unnoticed.
void judge_pool(HostContext& context) {
  const SmtpAttempt* good = nullptr;
  const SmtpAttempt* bad = nullptr;
  for (const SmtpAttempt& attempt : context.host.attempts) {
    if (attempt.chain == nullptr) continue;
    bool fine = attempt.chain->verified() && !ends_soon(context, *attempt.chain);
    (fine ? good : bad) = &attempt;
  }
  if (good == nullptr || bad == nullptr) return;
  context.findings.add(
      "cert-differs-by-ip",
      {.message = fmt::format(
           "{} presents a good certificate (not after {}), but {} does not (not after {})",
           good->address.text(), date_text(good->chain->leaf.not_after), bad->address.text(),
           date_text(bad->chain->leaf.not_after)),
       .host = context.host.host,
       .address = bad->address,
       .address_in_subject = false});
}

}  // namespace

void judge_certificates(HostContext& context) {
  const protocol::PeerChain* first = nullptr;
  bool alike = true;
  for (const SmtpAttempt& attempt : context.host.attempts) {
    if (attempt.chain == nullptr) continue;
    if (first == nullptr) first = attempt.chain.get();
    // The same leaf may be sent with and without its intermediate.
    alike &= *attempt.chain == *first;
  }
  for (const SmtpAttempt& attempt : context.host.attempts) {
    if (attempt.chain == nullptr) continue;
    FindingDetails where{.message = {},
                         .host = context.host.host,
                         .address = attempt.address,
                         .address_in_subject = !alike};
    judge_certificate(context.findings, *attempt.chain, kMxCertificateCodes, where,
                      limits_of(context));
    if (alike) break;
  }
  judge_pool(context);
}

}  // namespace mtasts::verdict
