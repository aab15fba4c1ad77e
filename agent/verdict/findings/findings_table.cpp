// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "verdict/findings/finding.h"
#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict {

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

std::span<const FindingRow> findings_table() {
  static const std::vector<FindingRow> kTable = [] {
    std::vector<FindingRow> table;
    for (auto rows : {rows::record_rows(), rows::policy_rows(), rows::syntax_rows(),
                      rows::change_rows(), rows::mx_rows(), rows::smtp_rows(), rows::tlsrpt_rows()})
      table.insert(table.end(), rows.begin(), rows.end());
    std::stable_sort(table.begin(), table.end(),
                     [](const auto& a, const auto& b) { return a.stage < b.stage; });
    return table;
  }();
  return kTable;
}

const FindingRow* find_row(std::string_view code) {
  static const auto kIndex = [] {
    std::unordered_map<std::string_view, const FindingRow*> index;
    for (const FindingRow& row : findings_table()) index.emplace(row.code, &row);
    return index;
  }();
  auto found = kIndex.find(code);
  return found == kIndex.end() ? nullptr : found->second;
}

}  // namespace mtasts::verdict
