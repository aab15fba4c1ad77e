// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rules for a certificate chain, the same for policy hosts and MX hosts. Internal to the verdict
// room; pure.
#pragma once

#include <optional>
#include <string_view>

#include "base/time.h"
#include "protocol/x509/certificate.h"
#include "verdict/findings/finding_collector.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// The codes for certificate faults, which differ between policy hosts and MX hosts.
struct CertificateCodes {
  FindingCode expired, not_yet_valid, host_mismatch, cn_only, untrusted, self_signed,
      incomplete_chain, name_constraint, purpose, expiring, weak_key, weak_signature;
};

struct CertificateLimits {
  const Thresholds& thresholds;
  Time now{};
  std::string_view remark = {};  // follows each message: which of several certificates it is
};

// Every fault of the chain; `where` carries host and address.
void judge_certificate(FindingCollector& findings, const protocol::PeerChain& chain,
                       const CertificateCodes& codes, const FindingDetails& where,
                       const CertificateLimits& limits);

// How soon the certificate expires: nothing, warning or critical. A leaf counts as expiring when
// less than min(limit, share of its lifetime) is left; the share is a third for the warning and a
// tenth for critical.
std::optional<Severity> expiry_severity(const protocol::PeerChain& chain,
                                        const CertificateLimits& limits);

}  // namespace mtasts::verdict
