// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_advice.h"

#include "base/ascii.h"

namespace mtasts::cli {

reports::ResultGuide advice_on(const protocol::ReportPolicy& policy, const OfflinePolicy& read,
                               const protocol::ReportFailure& failure) {
  reports::FailureRow row;
  row.policy_type = policy.type;
  row.type = failure.type;
  row.type_text = failure.type_text;
  row.receiving_mx = ascii_lower(trim(failure.receiving_mx_hostname));
  if (row.receiving_mx.ends_with('.')) row.receiving_mx.pop_back();
  // RFC 8460 §1.1: the domain of a TLSA policy is that of the TLSA records, the MX host.
  if (row.receiving_mx.empty() && policy.type == protocol::ReportPolicyType::tlsa)
    row.receiving_mx = read.domain;
  row.receiving_ip = failure.receiving_ip;
  row.sessions = failure.sessions;
  row.reason = failure.failure_reason_code;
  return reports::result_guide(row, read.domain);
}

}  // namespace mtasts::cli
