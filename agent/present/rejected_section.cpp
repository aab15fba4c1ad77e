// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <string>

#include "present/page.h"

namespace mtasts::present {
namespace {

constexpr size_t kMostRejectedRows = 40;
constexpr size_t kLongestSender = 120;
constexpr size_t kLongestDetail = 400;

std::string row(const reports::RejectedReport& report) {
  return fmt::format(
      "<tr><td class=\"days\">{}</td><td>{}</td><td class=\"wide\">{}</td><td>{}</td>"
      "<td class=\"wide\">{}</td></tr>\n",
      rfc3339(report.received), html_text(report.source),
      report.from.empty() ? "<span class=\"dim\">not told</span>"
                          : html_text(report.from, kLongestSender),
      name_of(report.reason), html_text(report.detail, kLongestDetail));
}

}  // namespace

std::string rejected_section(const reports::RejectedReports& rejected) {
  if (rejected.empty()) return {};
  std::string rows;
  size_t shown = 0;
  for (const reports::RejectedReport& report : rejected) {
    if (shown++ == kMostRejectedRows) break;
    rows += row(report);
  }
  return fmt::format(
      "<h2>Rejected TLS reports</h2>\n<p class=\"dim\">The latest that arrived in the last {} days "
      "and were not used, or not all of them. Anybody can send them; who sent one is what it says "
      "itself.</p>\n<div class=\"scroll\"><table><thead><tr><th>Received</th><th>By</th>"
      "<th>Sender</th><th>Reason</th><th>Why</th></tr></thead><tbody>\n{}</tbody></table></div>\n",
      reports::kRejectedShown.count() / 24, rows);
}

}  // namespace mtasts::present
