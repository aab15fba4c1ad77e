// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The findings table, assembled at compile time. A code of kFindingCodes (base/finding_code.h)
// without exactly one row, or a row in the wrong place, does not compile.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "verdict/faults.h"
#include "verdict/findings/alert_rows.h"
#include "verdict/findings/change_rows.h"
#include "verdict/findings/dane_rows.h"
#include "verdict/findings/finding.h"
#include "verdict/findings/mx_rows.h"
#include "verdict/findings/policy_rows.h"
#include "verdict/findings/record_rows.h"
#include "verdict/findings/reports_rows.h"
#include "verdict/findings/smtp_rows.h"
#include "verdict/findings/syntax_rows.h"
#include "verdict/findings/tlsrpt_rows.h"

namespace mtasts::verdict {
namespace {

template <size_t... Sizes>
constexpr auto pointers_to(const FindingRow (&... rows)[Sizes]) {
  std::array<const FindingRow*, (Sizes + ...)> all{};
  size_t next = 0;
  auto take = [&](const auto& rows_of_file) {
    for (const FindingRow& row : rows_of_file) all[next++] = &row;
  };
  (take(rows), ...);
  return all;
}

constexpr auto kRows = pointers_to(rows::record::kRows, rows::policy::kRows, rows::syntax::kRows,
                                   rows::change::kRows, rows::mx::kRows, rows::smtp::kRows,
                                   rows::tlsrpt::kRows, rows::dane::kRows, rows::reports::kRows);

constexpr auto kTable = []<size_t... Index>(std::index_sequence<Index...>) {
  return std::array{*kRows[Index]...};
}
(std::make_index_sequence<kRows.size()>());

static_assert(std::is_sorted(kTable.begin(), kTable.end(),
                             [](const FindingRow& one, const FindingRow& other) {
                               return one.stage < other.stage;
                             }),
              "the rows are by stage");

// A code as a template argument, so that the compiler's message contains it.
struct CodeText {
  char text[64] = {};

  consteval CodeText(std::string_view code) { std::copy(code.begin(), code.end(), text); }
};

consteval std::string_view code_without_one_row() {
  std::array<int, std::size(kFindingCodes)> rows{};
  for (const FindingRow& row : kTable) ++rows[row.code.index()];
  for (size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != 1) return kFindingCodes[i];
  return {};
}

template <CodeText Code>
struct HasOneRow {
  static_assert(Code.text[0] == '\0', "a code of kFindingCodes has no row, or more than one");
};
template struct HasOneRow<code_without_one_row()>;

// Whether a finding of the code can be critical or warning by the table alone.
consteval bool can_alert(const FindingRow& row) {
  return std::min(row.in_enforce, row.otherwise) <= Severity::warning;
}

consteval std::string_view code_without_one_alert() {
  std::array<int, std::size(kFindingCodes)> alerts{};
  for (const AlertRow& alert : rows::kAlerts)
    for (FindingCode code : alert.codes) ++alerts[code.index()];
  for (const FindingRow& row : kTable) {
    const int number = alerts[row.code.index()];
    // Rules make some findings worse than the table says.
    if (number > 1 || (number == 0 && can_alert(row))) return row.code.text();
  }
  return {};
}

template <CodeText Code>
struct HasOneAlert {
  static_assert(
      Code.text[0] == '\0',
      "a code that can be critical or warning has no alert in kAlerts (alert_rows.h), or two");
};
template struct HasOneAlert<code_without_one_alert()>;

// By FindingCode::index(); null: no alert.
constexpr auto kAlertOfCode = [] {
  std::array<const AlertRow*, std::size(kFindingCodes)> alerts{};
  for (const AlertRow& alert : rows::kAlerts)
    for (FindingCode code : alert.codes) alerts[code.index()] = &alert;
  return alerts;
}();

// By FindingCode::index().
constexpr auto kRowOfCode = [] {
  std::array<size_t, std::size(kFindingCodes)> rows{};
  for (size_t i = 0; i < kTable.size(); ++i) rows[kTable[i].code.index()] = i;
  return rows;
}();

}  // namespace

std::span<const FindingRow> findings_table() { return kTable; }

const FindingRow& row_of(FindingCode code) { return kTable[kRowOfCode[code.index()]]; }

std::span<const AlertRow> alerts_table() { return rows::kAlerts; }

const AlertRow* alert_of(FindingCode code) { return kAlertOfCode[code.index()]; }

Severity severity_of(const protocol::SyntaxFault& fault, Regime regime) {
  Severity severity = severity_in(row_of(fault.code), regime);
  if (severity != Severity::critical || protocol::is_outside_grammar(fault.fault_class))
    return severity;
  return fault.difference == protocol::SenderDifference::none ? Severity::info : Severity::warning;
}

const FindingRow* find_row(std::string_view text) {
  std::optional<FindingCode> code = FindingCode::find(text);
  return code ? &row_of(*code) : nullptr;
}

}  // namespace mtasts::verdict
