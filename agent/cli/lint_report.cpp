// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/lint_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "cli/console_text.h"
#include "intake/unpack.h"
#include "present/json_text.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::cli {
namespace {

using Json = nlohmann::ordered_json;
using protocol::DeviationKind;

constexpr size_t kFixIndent = 4;

struct Finding {
  std::string code;
  bool error = true;  // outside RFC 8460; false: readers differ
  std::string path;
  std::string message;
  std::string fix;
  std::vector<std::string> readers;  // that refuse or misread it
};

std::string_view code_of(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::date:
      return "rpt-date-invalid";
    case DeviationKind::count:
      return "rpt-counts-inconsistent";
    case DeviationKind::result_type:
    case DeviationKind::policy_type:
      return "rpt-unknown-type";
    case DeviationKind::limit:
      return "rpt-oversize";
    default:
      return "rpt-syntax";
  }
}

std::string_view fix_of(DeviationKind kind) {
  switch (kind) {
    case DeviationKind::syntax:
      return "write one JSON object in UTF-8, without a byte order mark, each name once";
    case DeviationKind::missing:
      return "write the member with its value";
    case DeviationKind::wrong_type:
      return "write the JSON type of RFC 8460 section 4.4";
    case DeviationKind::name:
      return "write the name of RFC 8460 section 4.4";
    case DeviationKind::date:
      return "report one UTC day, such as 2026-11-20T00:00:00Z to 2026-11-20T23:59:59Z";
    case DeviationKind::count:
      return "write the number of sessions, an integer of 0 or more that agrees with the others";
    case DeviationKind::result_type:
      return "write one of the eleven result types of RFC 8460 section 4.3";
    case DeviationKind::policy_type:
      return "write tlsa, sts or no-policy-found";
    case DeviationKind::value:
      return "write a value that RFC 8460 section 4.4 allows";
    case DeviationKind::limit:
      break;
  }
  return "write a smaller report";
}

// Not required by RFC 8460, or written in two ways by it.
bool is_difference(const protocol::ReportDeviation& deviation) {
  auto ends_with = [&](std::string_view name) { return deviation.path.ends_with(name); };
  return deviation.kind == DeviationKind::limit || deviation.path == "date-range" ||
         (deviation.kind == DeviationKind::missing && ends_with(".failure-details")) ||
         (ends_with(".mx-host") && (deviation.kind == DeviationKind::wrong_type ||
                                    deviation.kind == DeviationKind::missing)) ||
         (deviation.kind == DeviationKind::value && ends_with(".failed-session-count"));
}

Finding finding_of(const protocol::ReportDeviation& deviation) {
  Finding finding;
  finding.code = code_of(deviation.kind);
  finding.error = !is_difference(deviation);
  finding.path = deviation.path;
  finding.message = deviation.message;
  finding.fix = fix_of(deviation.kind);
  if (deviation.kind == DeviationKind::missing && deviation.path.ends_with(".sending-mta-ip"))
    finding.readers = {"Stalwart (mail-auth 0.12.1)"};
  if (deviation.kind == DeviationKind::date &&
      deviation.message.find("without the T") != std::string::npos)
    finding.readers = {"Stalwart (mail-auth 0.12.1)"};
  return finding;
}

// A date whose "+" is written as a JSON escape is valid, but two readers refuse it.
void find_escaped_plus(std::string_view json, std::vector<Finding>& findings) {
  for (std::string_view name : {"start-datetime", "end-datetime"}) {
    size_t at = json.find(fmt::format("\"{}\"", name));
    if (at == std::string_view::npos) continue;
    std::string_view rest = json.substr(at + name.size() + 2);
    size_t open = rest.find('"');
    if (open == std::string_view::npos) continue;
    std::string_view value = rest.substr(open + 1);
    value = value.substr(0, value.find('"'));
    if (ascii_lower(value.substr(0, 80)).find("\\u002b") == std::string::npos) continue;
    findings.push_back({"rpt-date-invalid",
                        false,
                        fmt::format("date-range.{}", name),
                        fmt::format("{} writes \"+\" as a JSON escape", name),
                        "write the date in UTC with \"Z\"",
                        {"Stalwart (mail-auth 0.12.1)", "mox 0.0.17"}});
  }
}

std::string read_bounded(std::istream& in) {
  std::string text;
  std::vector<char> block(64 * 1024);
  while (text.size() <= protocol::kReportLimit_bytes) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (in.gcount() <= 0) break;
    text.append(block.data(), static_cast<size_t>(in.gcount()));
  }
  return text;
}

Finding no_report(std::string message) {
  return {"rpt-syntax", true, "", std::move(message), "write a report of RFC 8460 section 4.4", {}};
}

std::vector<Finding> findings_in(const std::string& octets) {
  std::vector<Finding> findings;
  intake::Unpacked unpacked = intake::unpack(octets, {});
  if (unpacked.rejection) findings.push_back(no_report(unpacked.reason));
  if (unpacked.reports.empty() && findings.empty())
    findings.push_back(no_report("the input has no report"));
  for (const intake::UnpackedReport& one : unpacked.reports) {
    auto report = protocol::parse_tls_report(one.json);
    if (!report) {
      findings.push_back(no_report(report.failure().detail));
      continue;
    }
    for (const auto& deviation : report->deviations) findings.push_back(finding_of(deviation));
    if (report->deviations_dropped > 0)
      findings.push_back(
          {"rpt-syntax",
           true,
           "",
           fmt::format("{} more deviations are not shown", report->deviations_dropped),
           "correct those that are shown first",
           {}});
    find_escaped_plus(one.json, findings);
  }
  return findings;
}

std::string full_message(const Finding& finding) {
  if (finding.readers.empty()) return finding.message;
  return fmt::format("{}; refused or misread by {}", finding.message,
                     fmt::join(finding.readers, " and "));
}

void write_json(const std::vector<Finding>& findings, bool valid, std::ostream& out) {
  Json json;
  json["kind"] = name_of(LintKind::report);
  json["valid"] = valid;
  json["findings"] = Json::array();
  for (const Finding& finding : findings)
    json["findings"].push_back({{"code", finding.code},
                                {"severity", finding.error ? "warning" : "info"},
                                {"line", nullptr},
                                {"column", nullptr},
                                {"path", finding.path},
                                {"message", full_message(finding)},
                                {"fix", finding.fix},
                                {"senders", finding.readers}});
  out << present::json_text(json) << '\n';
}

void write_text(const std::vector<Finding>& findings, std::string_view result, std::ostream& out) {
  Wrap wrap{
      .width = 100, .first_indent = kFixIndent, .indent = kFixIndent + 5, .write_first = true};
  for (const Finding& finding : findings) {
    out << fmt::format("report:{}: {}: {} [{}]\n", finding.path,
                       finding.error ? "error" : "warning", full_message(finding), finding.code)
        << wrapped("fix: " + finding.fix, wrap) << '\n';
  }
  out << fmt::format("report: {}\n", result);
}

}  // namespace

int run_lint_report(std::istream& in, const LintOptions& options, std::ostream& out) {
  std::vector<Finding> findings = findings_in(read_bounded(in));
  bool valid = std::none_of(findings.begin(), findings.end(),
                            [](const Finding& finding) { return finding.error; });
  if (options.json)
    write_json(findings, valid, out);
  else
    write_text(findings,
               !valid             ? "invalid: readers may refuse it"
               : findings.empty() ? "valid"
                                  : "valid, but not every reader takes it as it is meant",
               out);
  if (!valid) return kLintInvalid;
  return findings.empty() ? kLintValid : kLintDiffers;
}

}  // namespace mtasts::cli
