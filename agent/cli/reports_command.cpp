// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/reports_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <ostream>

#include "base/domain_name.h"
#include "cli/command_input.h"
#include "cli/console_text.h"
#include "cli/exit_status.h"
#include "present/reports_json.h"
#include "report_store/report_reading.h"
#include "reports/statistics.h"
#include "settings/settings.h"

namespace mtasts::cli {
namespace {

constexpr const char* kName = "mtasts-exporter reports: ";
constexpr size_t kMostLines = 5000;

std::string nothing_stored(const std::string& domain, const reports::DomainSummary& summary,
                           bool enabled) {
  const uint64_t reports = summary.totals.reports;
  std::string text = fmt::format("no TLS report about {} is stored", domain);
  if (reports > 0)
    text = fmt::format("no TLS report about {} from {} to {} is stored; use --days to see more",
                       domain, reports::day_text(summary.from), reports::day_text(summary.to));
  if (!enabled) text += "; taking reports is off, set [reports] enabled = true";
  return text;
}

}  // namespace

int run_reports(const ReportsOptions& options, std::ostream& out, std::ostream& err, Time now) {
  auto domain = domain_argument(kName, options.domain, err);
  if (!domain) return kExitUsage;
  auto settings = command_settings(options.config, err);
  if (!settings) return kExitConfiguration;
  if (!has_state_file(kName, *settings, err)) return kExitUnavailable;
  const settings::ReportsSettings& reports = settings->reports;
  auto window = std::chrono::floor<std::chrono::days>(reports.window);
  int days = options.days.value_or(static_cast<int>(window.count()));
  auto reading = report_store::read_report_listing(settings->state.path, domain->text(), days,
                                                   kMostLines, now);
  if (!reading) {
    report_unreadable_state(kName, reading.failure(), err);
    return kExitUnavailable;
  }
  if (reading->listing.lines.empty()) {
    err << kName << nothing_stored(domain->text(), reading->summary, reports.enabled) << "\n";
    return kExitUnavailable;
  }
  if (!reports.enabled)
    err << kName << "taking reports is off ([reports] enabled): this is what was stored before\n";
  if (options.json)
    out << present::reports_json(domain->text(), reading->summary, reading->listing) << "\n";
  else
    out << reports_text(domain->text(), reading->summary, reading->listing,
                        wants_colour(is_terminal(STDOUT_FILENO), colour_environment()),
                        terminal_width(STDOUT_FILENO));
  out.flush();
  return kExitOk;
}

}  // namespace mtasts::cli
