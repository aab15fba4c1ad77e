// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The stored TLS reports of a domain as text.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "cli/console_text.h"
#include "cli/plan_text.h"
#include "cli/reports_command.h"
#include "reports/statistics.h"

namespace mtasts::cli {
namespace {

using reports::Authenticity;
using reports::Band;
using reports::day_text;
using reports::FailureRow;
using reports::ReportLine;
using reports::SessionCounts;

constexpr size_t kShownText = 200;  // maximum octets shown of a text of a report

std::string counted(uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

std::string band_text(Band band, bool colour) {
  static constexpr Style kStyles[] = {Style::green, Style::yellow, Style::red};
  static constexpr std::string_view kWords[] = {"normal, under 1 %", "watch, 1 to 5 %",
                                                "act, over 5 %"};
  auto index = static_cast<size_t>(band);
  return styled(kWords[index], kStyles[index], colour);
}

std::string_view policy_words(protocol::ReportPolicyType type) {
  switch (type) {
    case protocol::ReportPolicyType::tlsa:
      return "DANE (tlsa)";
    case protocol::ReportPolicyType::sts:
      return "MTA-STS (sts)";
    case protocol::ReportPolicyType::no_policy_found:
      return "no policy (no-policy-found)";
  }
  return "?";
}

std::string counts_text(const SessionCounts& counts) {
  std::string text = fmt::format("{} successful, {} failed", counts.successful, counts.failed);
  if (auto ratio = reports::failure_ratio(counts); ratio && counts.failed > 0)
    text += fmt::format(" ({:.2f} %)", 100 * *ratio);
  return text;
}

std::string authenticity_text(Authenticity authenticity) {
  switch (authenticity) {
    case Authenticity::authenticated:
      return "authenticated";
    case Authenticity::unknown:
      return "not authenticated";
    case Authenticity::failed:
      return "authentication failed";
  }
  return "?";
}

std::string summary_text(const reports::DomainSummary& summary, bool colour) {
  std::string text = fmt::format("{} from {} to {}\n", counted(summary.reporters, "organization"),
                                 day_text(summary.from), day_text(summary.to));
  bool any = false;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const SessionCounts& counts = summary.counts[static_cast<size_t>(type)];
    if (counts.total() == 0) continue;
    any = true;
    text += fmt::format("  {}: {}: {}\n", policy_words(type), counts_text(counts),
                        band_text(reports::band_of(counts), colour));
  }
  return any ? text : text + "  No sessions.\n";
}

std::string failure_text(const FailureRow& row, bool colour, size_t width) {
  std::string text = counted(row.sessions, "session") + ": ";
  bool invented = row.type == protocol::ResultType::other && !row.type_text.empty();
  text += invented ? printable(row.type_text, kShownText) : std::string(name_of(row.type));
  text += row.receiving_mx.empty() ? ", host not told"
                                   : " at " + printable(row.receiving_mx, kShownText);
  if (!row.receiving_ip.empty()) text += " [" + printable(row.receiving_ip, kShownText) + "]";
  if (!row.sending_network.empty()) text += ", from " + printable(row.sending_network, kShownText);
  if (!row.reason.empty()) text += ": " + printable(row.reason, kShownText);
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = 8;
  return "      " + styled("-", Style::red, colour) + " " + wrapped(text, wrap) + "\n";
}

std::string line_text(const ReportLine& line, bool colour, size_t width) {
  std::string text = "  " + styled(printable(line.organization, kShownText), Style::bold, colour) +
                     ", " + authenticity_text(line.authenticity);
  if (line.reports > 1) text += fmt::format(", {}", counted(line.reports, "report"));
  if (!line.report_id.empty()) text += ", id " + printable(line.report_id, kShownText);
  text += "\n";
  bool any = false;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const SessionCounts& counts = line.counts[static_cast<size_t>(type)];
    if (counts.total() == 0) continue;
    any = true;
    text += fmt::format("    {}: {}\n", policy_words(type), counts_text(counts));
  }
  if (!any) text += "    No sessions.\n";
  for (const FailureRow& row : line.failures) text += failure_text(row, colour, width);
  if (line.failures_dropped > 0)
    text += fmt::format("      {} more not shown.\n", counted(line.failures_dropped, "failure"));
  return text;
}

}  // namespace

std::string reports_text(const std::string& domain, const reports::DomainSummary& summary,
                         const reports::ReportListing& listing, bool colour, size_t width) {
  std::string text =
      styled(shown_domain(domain), Style::bold, colour) + ": " + summary_text(summary, colour);
  reports::Day day{};
  for (const ReportLine& line : listing.lines) {
    if (&line == &listing.lines.front() || line.day != day)
      text += "\n" + styled(day_text(line.day), Style::bold, colour) + "\n";
    day = line.day;
    text += line_text(line, colour, width);
  }
  if (listing.cut) text += "\nEarlier lines are not shown; use --days to show fewer days.\n";
  return text;
}

}  // namespace mtasts::cli
