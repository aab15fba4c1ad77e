// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/printable.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "settings/nearest_name.h"
#include "verdict/findings/finding.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;
using verdict::FindingRow;

constexpr size_t kIndent = 2;
constexpr size_t kNameColumn = 10;  // "meaning:" or "verify:" and a blank

std::string severity_text(const FindingRow& row) {
  if (row.in_enforce == row.otherwise) return std::string(name_of(row.in_enforce));
  return fmt::format("{} in mode enforce, otherwise {}", name_of(row.in_enforce),
                     name_of(row.otherwise));
}

void write_line(std::ostream& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out << std::string(kIndent, ' ') << padded(name, kNameColumn);
  Wrap wrap{.first_indent = kIndent + kNameColumn, .indent = kIndent + kNameColumn};
  out << wrapped(text, wrap) << '\n';
}

void write_text(const FindingRow& row, std::ostream& out) {
  out << fmt::format("{} ({}; {})\n", row.code.text(), name_of(row.stage), severity_text(row));
  write_line(out, "meaning:", row.meaning);
  write_line(out, "fix:", row.fix);
  if (!row.verify.empty())  // a command to copy, so never wrapped
    out << fmt::format("{:{}}{:<{}}{}\n", "", kIndent, "verify:", kNameColumn,
                       verdict::example_command(row));
  write_line(out, "rfc:", row.rfc);
  write_line(out, "TLS-RPT:", row.tls_rpt_result_type);
}

void write_json(const FindingRow& row, std::ostream& out) {
  Json json;
  json["code"] = row.code.text();
  json["stage"] = name_of(row.stage);
  json["severity"] = name_of(row.in_enforce);
  json["severity_otherwise"] = name_of(row.otherwise);
  json["meaning"] = row.meaning;
  json["fix"] = row.fix;
  json["verify"] = verdict::example_command(row);
  json["rfc"] = row.rfc;
  json["tls_rpt_result_type"] =
      row.tls_rpt_result_type.empty() ? Json() : Json(row.tls_rpt_result_type);
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

int refuse(const std::string& code, std::ostream& err) {
  std::vector<std::string_view> codes;
  for (const FindingRow& row : verdict::findings_table()) codes.push_back(row.code);
  err << fmt::format("explain: there is no finding \"{}\"", printable(code, 80));
  if (auto nearest = settings::nearest_name(code, codes))
    err << fmt::format("; did you mean \"{}\"?\n", *nearest);
  else
    err << "; run `mtasts-exporter explain` for the list\n";
  return kExitUsage;
}

}  // namespace

int run_explain(const std::optional<std::string>& code, bool json, std::ostream& out,
                std::ostream& err) {
  auto write = json ? write_json : write_text;
  if (code) {
    const FindingRow* row = verdict::find_row(*code);
    if (row == nullptr) return refuse(*code, err);
    write(*row, out);
    return kExitOk;
  }
  bool first = true;
  for (const FindingRow& row : verdict::findings_table()) {
    if (!first && !json) out << '\n';
    write(row, out);
    first = false;
  }
  return kExitOk;
}

}  // namespace mtasts::cli
