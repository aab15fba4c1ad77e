// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Findings: the closed sets (stage, severity, channel), a row of the findings table
// (findings_table.cpp), and a finding as reported. Plain values, any thread.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/channel.h"
#include "base/enum_words.h"
#include "base/finding_code.h"
#include "base/ip_address.h"
#include "base/shell_command.h"
#include "protocol/text/syntax_fault.h"

namespace mtasts::verdict {

BOOST_DEFINE_FIXED_ENUM_CLASS(Severity, uint8_t, critical, warning, info, unknown)
inline std::string_view name_of(Severity severity) { return enumerator_name(severity); }
inline constexpr auto kSeverities = enumerators<Severity>();

// In the order in which an operator fixes them.
BOOST_DEFINE_FIXED_ENUM_CLASS(Stage, uint8_t, record, policy_fetch, policy_certificate,
                              policy_syntax, change, mx, smtp, mx_certificate, tlsrpt, dane,
                              reports)
inline std::string_view name_of(Stage stage) { return enumerator_name(stage); }
inline constexpr auto kStages = enumerators<Stage>();

BOOST_DEFINE_FIXED_ENUM_CLASS(StageResult, uint8_t, pass, fail, unknown, not_applicable)
inline std::string_view name_of(StageResult result) { return enumerator_name(result); }

BOOST_DEFINE_FIXED_ENUM_CLASS(Outcome, uint8_t, ok, warning, critical, unknown)
inline std::string_view name_of(Outcome outcome) { return enumerator_name(outcome); }

// Which senders a severity is for: those that enforce the policy, or all others (mode testing or
// none, or no policy).
enum class Regime : uint8_t { enforce, otherwise };

// One row of the table: everything about a code that does not depend on the observation.
struct FindingRow {
  FindingCode code;
  Stage stage;
  Severity in_enforce;
  Severity otherwise;
  std::optional<ChannelKind> channel;    // a failure there counts only while it is available
  std::string_view tls_rpt_result_type;  // bare type of RFC 8460 §4.3; empty: none
  std::string_view rfc;                  // "RFC 8461 §3.1"
  std::string_view meaning;              // one sentence: what it is and what senders do
  std::string_view fix;                  // one sentence: what to change
  CommandTemplate verify;                // see verify_command.h
};

std::span<const FindingRow> findings_table();  // by stage, then in reading order
const FindingRow& row_of(FindingCode code);
const FindingRow* find_row(std::string_view code);  // null: no such code

inline Severity severity_in(const FindingRow& row, Regime regime) {
  return regime == Regime::enforce ? row.in_enforce : row.otherwise;
}

// Of a fault that a parser found. One that its grammar allows stops no sender that follows the RFC,
// so it is never critical.
Severity severity_of(const protocol::SyntaxFault& fault, Regime regime);

// The row's command filled in for example.com, for documentation of the finding.
std::string example_command(const FindingRow& row);

// "mx1.example.com [192.0.2.1]", or the host alone.
std::string subject_of(const std::string& host, const std::optional<IpAddress>& address);
// The host of a subject.
std::string_view host_of_subject(std::string_view subject);

// What TLS reports of the window say about the same failure (RFC 8460 §4.3).
struct ReportedBy {
  std::vector<std::string> organizations;  // at most 3, most failed sessions first
  uint64_t organization_count = 0;
  uint64_t failed = 0;    // sessions, as reported
  uint64_t sessions = 0;  // all sessions of these organizations
  std::string since;      // "2026-11-20": the first report day of the window with it

  bool operator==(const ReportedBy&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReportedBy, (), (organizations, organization_count, failed, sessions, since))

struct Finding {
  const FindingRow* row = nullptr;  // never null in a report; lives as long as the program
  Severity severity = Severity::info;
  std::string subject;  // the host, or host and address "mx1.example.com [192.0.2.1]", else empty
  std::string message;  // one sentence with the observed value
  std::string fix;      // for this particular case
  std::string verify;   // can be pasted into a shell; empty: no command is safe
  std::optional<ReportedBy> reported;  // senders report the same

  std::string_view code() const { return row->code.text(); }
};
BOOST_DESCRIBE_STRUCT(Finding, (), (row, severity, subject, message, fix, verify, reported))

}  // namespace mtasts::verdict
