// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the agent keeps of a TLS report (RFC 8460): the part of one report that is about one
// configured domain. Made by admit() (admission.h), written by a ReportStore. Plain values, any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/enum_words.h"
#include "base/time.h"
#include "protocol/tlsrpt/result_type.h"

namespace mtasts::reports {

using Day = std::chrono::sys_days;  // a UTC day

// Whether the submitter signed the report (RFC 8460 §3, DKIM). Only mail whose signature our own
// mail server verified is authenticated; a POST never is.
BOOST_DEFINE_FIXED_ENUM_CLASS(Authenticity, uint8_t, authenticated, unknown, failed)
inline std::string_view name_of(Authenticity value) { return enumerator_name(value); }

// What was wrong with a report that could be used all the same; one bit each.
BOOST_DEFINE_FIXED_ENUM_CLASS(Quality, uint8_t, dkim_missing, submitter_mismatch, date_invalid,
                              counts_inconsistent, unknown_type, oversize, same_id, foreign_domain)
inline constexpr auto kQualities = enumerators<Quality>();
using Qualities = uint32_t;
constexpr Qualities bit(Quality quality) { return Qualities{1} << static_cast<unsigned>(quality); }
constexpr bool has(Qualities all, Quality one) { return (all & bit(one)) != 0; }

// Sessions under one policy of the report.
struct PolicyRow {
  protocol::ReportPolicyType type = protocol::ReportPolicyType::no_policy_found;
  // The policy-domain is an MX host, and the report has an sts entry with the same sessions: "no
  // DANE", which counts nowhere.
  bool about_mx_host = false;
  // Of type sts, by meaning and not by text: "mode=enforce max_age=604800 mx=a.example,b.example",
  // patterns sorted, lower case, or a digest (policy_text.h). Empty: none, or unreadable.
  std::string policy;
  uint64_t successful = 0;
  uint64_t failed = 0;
};

struct FailureRow {
  protocol::ReportPolicyType policy_type = protocol::ReportPolicyType::no_policy_found;
  protocol::ResultType type = protocol::ResultType::other;
  std::string type_text;        // of type other alone
  std::string receiving_mx;     // lower case, without a final dot; empty: not told
  std::string receiving_ip;     // canonical text; empty: not told
  std::string sending_network;  // "192.0.2.0/24", "2001:db8:1::/48"; empty: not told
  uint64_t sessions = 0;
  std::string reason;  // the first failure-reason-code
};

struct StoredReport {
  std::string domain;  // configured, A-labels
  // SHA-256, hex. `identity`: submitter, report-id and policy-domain. `key`: these and all
  // policies; the same key again is the same report.
  std::string identity;
  std::string key;
  std::string
      organization;  // organization-name, else contact-info, else the submitter; never empty
  std::string
      submitter;  // domain of contact-info or TLS-Report-Submitter, lower case; may be empty
  std::string report_id;
  Day day{};  // the UTC day in which the range begins
  Time begin{};
  Time end{};
  Time received{};
  Authenticity authenticity = Authenticity::unknown;
  Qualities qualities = 0;
  std::vector<PolicyRow> policies;
  std::vector<FailureRow> failures;  // equal ones are added up
};

}  // namespace mtasts::reports
