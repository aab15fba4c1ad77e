// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A TLS report (RFC 8460 §4.4): octets to a value. Liberal, because real senders deviate: what can
// be understood is kept, and each deviation from the RFC is listed with its JSON path. Strict in
// one thing: a number that is no count makes its row unusable. Bounded in size, depth and number of
// elements; what is over a limit is counted. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "base/octet_source.h"
#include "base/result.h"
#include "base/time.h"
#include "protocol/tlsrpt/failure_list.h"
#include "protocol/tlsrpt/result_type.h"

namespace mtasts::protocol {

inline constexpr size_t kReportLimit_bytes = 64 * 1024 * 1024;  // JSON, after decompression
inline constexpr size_t kReportDepth = 32;                      // nested arrays and objects
// A report of 64 MiB with nothing but the shortest policies and failures has fewer.
inline constexpr size_t kMostReportValues = 3'000'000;
inline constexpr size_t kMostReportPolicies = 10000;
inline constexpr size_t kMostReportFailures = 100000;   // of all policies together
inline constexpr size_t kMostReportStrings = 1000;      // policy-string or mx-host of one policy
inline constexpr size_t kMostReportDeviations = 100;    // the rest is only counted
inline constexpr size_t kReportTextLimit_bytes = 1024;  // of one text that is kept
inline constexpr uint64_t kMostSessions = uint64_t{1} << 53;  // RFC 7493 §2.2: exact in I-JSON

// One entry of `policies` with usable counts.
struct ReportPolicy {
  ReportPolicyType type = ReportPolicyType::no_policy_found;
  std::vector<std::string> policy_strings;
  std::string domain;  // policy-domain as sent; empty: absent
  std::vector<std::string> mx_hosts;
  uint64_t successful = 0;
  uint64_t failed = 0;
  FailureList failures;  // with usable counts
};

// What kind of deviation: decides which finding is reported about the sender.
BOOST_DEFINE_FIXED_ENUM_CLASS(
    DeviationKind, uint8_t,
    syntax,       // not I-JSON: duplicate key, byte order mark, octets that are no UTF-8
    missing,      // a required member is absent, null or empty
    wrong_type,   // a member has another JSON type
    name,         // a member has another name than the RFC's
    date,         // not an RFC 3339 UTC day
    count,        // no count, or counts that contradict each other
    result_type,  // not a registered result type
    policy_type,  // none of the three policy types
    value,        // another value that the RFC does not allow
    limit)        // over a limit of ours

struct ReportDeviation {
  DeviationKind kind = DeviationKind::syntax;
  std::string path;     // "policies[0].summary.total-failure-session-count"; "": the document
  std::string message;  // one sentence with the observed value
};

struct TlsReport {
  std::string organization;  // organization-name; empty: absent
  std::string contact;       // contact-info
  std::string report_id;
  std::optional<Time> begin;  // empty: absent or unreadable
  std::optional<Time> end;
  std::vector<ReportPolicy> policies;
  std::vector<ReportDeviation> deviations;
  size_t deviations_dropped = 0;  // beyond kMostReportDeviations
  size_t rows_dropped = 0;        // policies and failure details that are unusable or over a limit
};

// Fails only where the octets are no report at all: no JSON object, one without a single usable
// policy, or more than kMostReportValues. The failure is one sentence with line and column where
// there is one.
Result<TlsReport> parse_tls_report(std::string_view json);
// The same while the octets come, without a copy of them. Fails only because of kMostReportValues,
// and reads no further then. Empty where it takes the whole text to tell what is wrong: no report,
// more text after it, a byte order mark, octets that are no UTF-8, too many octets.
std::optional<Result<TlsReport>> read_tls_report(OctetSource& octets);

}  // namespace mtasts::protocol
