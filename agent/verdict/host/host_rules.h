// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rules for one MX host, by stage. For judge_host.cpp alone; pure.
#pragma once

#include "base/time.h"
#include "verdict/certificate_rules.h"
#include "verdict/findings/finding_collector.h"
#include "verdict/host/host_dane.h"
#include "verdict/host/host_verdict.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

inline constexpr CertificateCodes kMxCertificateCodes = {
    .expired = "cert-expired",
    .not_yet_valid = "cert-not-yet-valid",
    .host_mismatch = "cert-host-mismatch",
    .cn_only = "cert-cn-only",
    .untrusted = "cert-untrusted",
    .self_signed = "cert-self-signed",
    .incomplete_chain = "cert-incomplete-chain",
    .name_constraint = "cert-name-constraint",
    .purpose = "cert-purpose",
    .expiring = "cert-expiring",
    .weak_key = "cert-weak-key",
    .weak_signature = "cert-weak-signature",
};

struct HostContext {
  const MxHostEvidence& host;
  const Thresholds& thresholds;
  Time now{};
  FindingCollector& findings;
};

void judge_addresses(HostContext& context);  // stage mx
// Stage smtp; connects that failed while SMTP was not available go to `blocked`.
void judge_attempts(HostContext& context, std::vector<std::string>& blocked);
void judge_certificates(HostContext& context);  // stage mx_certificate

// Stage dane. What depends on a domain (names, MTA-STS) is for the rules of the domain.
void judge_dane(HostContext& context, const HostDane& dane);
void judge_dane_lookups(HostContext& context, const HostDane& dane);    // DNS
void judge_dane_records(HostContext& context, const HostDane& dane);    // what is published
void judge_dane_addresses(HostContext& context, const HostDane& dane);  // what is served

// Stages smtp and mx_certificate: what other clients are presented.
void judge_variants(HostContext& context);

// The finding of a failed attempt; empty: it did not fail, or failed in DNS.
std::optional<FindingCode> code_of(const protocol::SmtpAttempt& attempt);

}  // namespace mtasts::verdict
