// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The table, put together while compiling: a code of kFindingCodes (base/finding_code.h) that does
// not have exactly one row, and a row in the wrong place, do not compile.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "verdict/findings/change_rows.h"
#include "verdict/findings/finding.h"
#include "verdict/findings/mx_rows.h"
#include "verdict/findings/policy_rows.h"
#include "verdict/findings/record_rows.h"
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

constexpr auto kRows =
    pointers_to(rows::record::kRows, rows::policy::kRows, rows::syntax::kRows, rows::change::kRows,
                rows::mx::kRows, rows::smtp::kRows, rows::tlsrpt::kRows);

constexpr auto kTable = []<size_t... Index>(std::index_sequence<Index...>) {
  return std::array{*kRows[Index]...};
}
(std::make_index_sequence<kRows.size()>());

static_assert(std::is_sorted(kTable.begin(), kTable.end(),
                             [](const FindingRow& one, const FindingRow& other) {
                               return one.stage < other.stage;
                             }),
              "the rows are by stage");

// A code as a template argument, so that the compiler's message spells it.
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

// By FindingCode::index().
constexpr auto kRowOfCode = [] {
  std::array<size_t, std::size(kFindingCodes)> rows{};
  for (size_t i = 0; i < kTable.size(); ++i) rows[kTable[i].code.index()] = i;
  return rows;
}();

}  // namespace

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "critical";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
    case Severity::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name_of(Stage stage) {
  switch (stage) {
    case Stage::record:
      return "record";
    case Stage::policy_fetch:
      return "policy_fetch";
    case Stage::policy_certificate:
      return "policy_certificate";
    case Stage::policy_syntax:
      return "policy_syntax";
    case Stage::change:
      return "change";
    case Stage::mx:
      return "mx";
    case Stage::smtp:
      return "smtp";
    case Stage::mx_certificate:
      return "mx_certificate";
    case Stage::tlsrpt:
      return "tlsrpt";
  }
  return "?";
}

std::string_view name_of(StageResult result) {
  switch (result) {
    case StageResult::pass:
      return "pass";
    case StageResult::fail:
      return "fail";
    case StageResult::unknown:
      return "unknown";
    case StageResult::not_applicable:
      return "not_applicable";
  }
  return "unknown";
}

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok:
      return "ok";
    case Outcome::warning:
      return "warning";
    case Outcome::critical:
      return "critical";
    case Outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

std::span<const FindingRow> findings_table() { return kTable; }

const FindingRow& row_of(FindingCode code) { return kTable[kRowOfCode[code.index()]]; }

const FindingRow* find_row(std::string_view text) {
  std::optional<FindingCode> code = FindingCode::find(text);
  return code ? &row_of(*code) : nullptr;
}

}  // namespace mtasts::verdict
