// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/explain.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "base/printable.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "present/json_text.h"
#include "protocol/senders/senders.h"
#include "settings/nearest_name.h"
#include "verdict/faults.h"
#include "verdict/findings/finding.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;
using protocol::DifferenceRow;
using verdict::FindingRow;

constexpr size_t kIndent = 2;
constexpr size_t kNameColumn = 10;  // "meaning:" or "verify:" and a blank

std::string severity_text(const FindingRow& row) {
  if (row.in_enforce == row.otherwise) return std::string(name_of(row.in_enforce));
  return fmt::format("{} in mode enforce, otherwise {}", name_of(row.in_enforce),
                     name_of(row.otherwise));
}

// What senders do with inputs that the finding reports.
std::vector<const DifferenceRow*> differences_of(const FindingRow& row) {
  std::vector<const DifferenceRow*> differences;
  for (const DifferenceRow& difference : protocol::differences_table())
    if (difference.code == row.code) differences.push_back(&difference);
  return differences;
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
  for (const DifferenceRow* difference : differences_of(row))
    write_line(
        out, difference == differences_of(row).front() ? "senders:" : "",
        fmt::format("{}: {}.", difference->input, protocol::effect_text(difference->difference)));
  write_line(out, "rfc:", row.rfc);
  write_line(out, "TLS-RPT:", row.tls_rpt_result_type);
  if (const verdict::AlertRow* alert = verdict::alert_of(row.code))
    write_line(out, "alert:", alert->alert);
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
  const verdict::AlertRow* alert = verdict::alert_of(row.code);
  json["alert"] = alert == nullptr ? Json() : Json(alert->alert);
  protocol::SenderSet senders;
  json["differences"] = Json::array();
  for (const DifferenceRow* difference : differences_of(row)) {
    protocol::SenderSet affected = protocol::senders_affected_by(difference->difference);
    senders |= affected;
    json["differences"].push_back({{"input", difference->input},
                                   {"effect", protocol::effect_text(difference->difference)},
                                   {"senders", protocol::names_of(affected)}});
  }
  json["senders"] = protocol::names_of(senders);
  out << present::json_text(json) << '\n';
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
