// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of the reader of TLS reports that hold for any input; see grammar_targets.h.
#pragma once

#include <string>
#include <string_view>

#include "fuzz/grammar_targets.h"
#include "fuzz/json_target.h"
#include "protocol/tlsrpt/report_name.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::fuzz {

inline bool is_kept_text(std::string_view text) {
  return text.size() <= protocol::kReportTextLimit_bytes && is_utf8(text);
}

inline std::string broken_report_policy_promise(const protocol::ReportPolicy& policy) {
  constexpr uint64_t kMost = protocol::kMostSessions;
  if (policy.successful > kMost || policy.failed > kMost) return "a count above the limit";
  if (policy.policy_strings.size() > protocol::kMostReportStrings ||
      policy.mx_hosts.size() > protocol::kMostReportStrings)
    return "more strings than allowed";
  if (!is_kept_text(policy.domain)) return "a policy-domain that is no bounded UTF-8";
  for (const protocol::ReportFailure& failure : policy.failures) {
    if (failure.sessions > kMost) return "a failure's count above the limit";
    for (std::string_view text :
         {failure.type_text, failure.sending_mta_ip, failure.receiving_mx_hostname,
          failure.receiving_mx_helo, failure.receiving_ip, failure.additional_information,
          failure.failure_reason_code})
      if (!is_kept_text(text)) return "a text of a failure that is no bounded UTF-8";
  }
  return {};
}

// In blocks it is the same report.
inline std::string broken_block_promise(std::string_view text,
                                        const Result<protocol::TlsReport>& report) {
  SmallBlocks blocks(text, 7);
  auto read = protocol::read_tls_report(blocks);
  if (!read) return {};
  if (!report || !*read) return "a report that is good in one way alone";
  const protocol::TlsReport& other = **read;
  if (other.organization != report->organization || other.report_id != report->report_id ||
      other.deviations.size() != report->deviations.size() ||
      other.deviations_dropped != report->deviations_dropped ||
      other.rows_dropped != report->rows_dropped ||
      other.policies.size() != report->policies.size())
    return "a report that is another one in blocks";
  for (size_t i = 0; i < other.policies.size(); ++i)
    if (other.policies[i].failed != report->policies[i].failed ||
        other.policies[i].failures.size() != report->policies[i].failures.size())
      return "a policy that is another one in blocks";
  return {};
}

inline std::string broken_tls_report_promise(std::string_view text) {
  // A name may be anything.
  if (auto name = protocol::parse_report_file_name(text); name && name->begin < Time{})
    return "a file name from before 1970";
  if (auto subject = protocol::parse_report_subject(text); subject && subject->domain.empty())
    return "a Subject without a domain";
  if (auto broken = broken_json_promise(text); !broken.empty()) return broken;
  auto report = protocol::parse_tls_report(text);
  if (auto broken = broken_block_promise(text, report); !broken.empty()) return broken;
  if (!report) return is_showable(report.failure().detail) ? "" : "a failure not fit to show";
  if (report->policies.empty()) return "a report without a policy";
  if (report->policies.size() > protocol::kMostReportPolicies) return "more policies than allowed";
  if (report->deviations.size() > protocol::kMostReportDeviations)
    return "more deviations than allowed";
  size_t failures = 0;
  for (const protocol::ReportPolicy& policy : report->policies) {
    failures += policy.failures.size();
    if (auto broken = broken_report_policy_promise(policy); !broken.empty()) return broken;
  }
  if (failures > protocol::kMostReportFailures) return "more failures than allowed";
  for (const protocol::ReportDeviation& deviation : report->deviations) {
    if (!is_showable(deviation.message)) return "a deviation not fit to show";
    if (!deviation.path.empty() && !is_showable(deviation.path)) return "a path not fit to show";
  }
  for (const std::string* kept : {&report->organization, &report->contact, &report->report_id})
    if (!is_kept_text(*kept)) return "a text that is no bounded UTF-8";
  if (report->begin && report->end && *report->end < *report->begin) return "a range backwards";
  return {};
}

}  // namespace mtasts::fuzz
