// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What a finding is: the closed sets (stage, severity, channel), the row of the one table of
// findings (findings_table.cpp), and a finding as reported. Plain values, any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mtasts::verdict {

enum class Severity : uint8_t { critical, warning, info, unknown };
std::string_view name_of(Severity severity);
inline constexpr std::array kSeverities = {Severity::critical, Severity::warning, Severity::info,
                                           Severity::unknown};

// In the order a person mends them.
enum class Stage : uint8_t {
  record,
  policy_fetch,
  policy_certificate,
  policy_syntax,
  change,
  mx,
  smtp,
  mx_certificate,
  tlsrpt
};
inline constexpr std::array kStages = {
    Stage::record,        Stage::policy_fetch,   Stage::policy_certificate,
    Stage::policy_syntax, Stage::change,         Stage::mx,
    Stage::smtp,          Stage::mx_certificate, Stage::tlsrpt};
std::string_view name_of(Stage stage);

enum class StageResult : uint8_t { pass, fail, unknown, not_applicable };
std::string_view name_of(StageResult result);

enum class Outcome : uint8_t { ok, warning, critical, unknown };
std::string_view name_of(Outcome outcome);

// The channel without which a finding is unknown (ARCHITECTURE.md, Three outcomes).
enum class Channel : uint8_t { none, dns, https, smtp };

// One row of the table: everything about a code that does not depend on what was seen.
struct FindingRow {
  std::string_view code;
  Stage stage;
  Severity in_enforce;  // while the policy's mode is enforce
  Severity otherwise;   // mode testing or none, or no policy
  Channel blind_channel;
  std::string_view tls_rpt_result_type;  // bare type of RFC 8460 §4.3; empty: none
  std::string_view rfc;                  // "RFC 8461 §3.1"
  std::string_view meaning;              // one sentence: what it is and what senders do
  std::string_view fix;                  // one sentence: what to change
  std::string_view verify;               // command template: placeholders: verify_command()
};

std::span<const FindingRow> findings_table();       // by stage, then as a person reads them
const FindingRow* find_row(std::string_view code);  // null: no such code

// The row's command filled in for example.com, for people who read about the finding.
std::string example_command(const FindingRow& row);

struct Finding {
  const FindingRow* row = nullptr;  // never null in a report; lives as long as the program
  Severity severity = Severity::info;
  std::string subject;  // the host, or host and address "mx1.example.com [192.0.2.1]", else empty
  std::string message;  // one sentence with the observed value
  std::string fix;      // for this very case
  std::string verify;   // paste-able

  std::string_view code() const { return row->code; }
};

}  // namespace mtasts::verdict
