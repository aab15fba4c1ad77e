// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "present/page.h"
#include "present/reported_view.h"
#include "reports/result_guide.h"

namespace mtasts::present {
namespace {

// Maximum rows of each table; the rest is counted, and the API has them all.
constexpr size_t kMostReportRows = 50;
constexpr size_t kMostOrganizations = 3;  // named in one cell
constexpr size_t kLongestName = 120;      // of a text that a sender chose
constexpr size_t kLongestGuide = 1200;    // ours, with names of up to 253 octets
constexpr int kFailureColumns = 5;

constexpr std::string_view kUnauthenticated =
    " <span class=\"tag unknown\">not authenticated</span>";

std::string_view class_of(reports::Band band) {
  switch (band) {
    case reports::Band::normal:
      return "ok";
    case reports::Band::watch:
      return "warning";
    case reports::Band::act:
      return "critical";
  }
  return "";
}

std::string percent(const reports::SessionCounts& counts) {
  return fmt::format("{:.2f} %", 100 * reports::failure_ratio(counts).value_or(0));
}

std::string days(reports::Day first, reports::Day last) {
  return first == last ? day_text(first) : day_text(first) + " to " + day_text(last);
}

std::string table(std::string_view heads, const std::string& rows, size_t left_out) {
  std::string out = fmt::format(
      "<div class=\"scroll\"><table><thead><tr>{}</tr></thead><tbody>\n{}</tbody></table></div>\n",
      heads, rows);
  if (left_out > 0) out += fmt::format("<p class=\"dim\">And {} more.</p>\n", left_out);
  return out;
}

std::string organizations_cell(const std::vector<std::string>& names, size_t count) {
  std::string out;
  size_t shown = 0;
  for (const std::string& name : names) {
    if (shown == kMostOrganizations) break;
    out += (shown++ == 0 ? "" : ", ") + html_text(name, kLongestName);
  }
  if (count > shown) out += fmt::format(" and {} more", count - shown);
  return out;
}

// One line for each policy type with sessions.
std::string ratios(const reports::DomainSummary& summary) {
  std::string out;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const reports::SessionCounts& counts = summary.counts.at(static_cast<size_t>(type));
    if (counts.total() == 0) continue;
    reports::Band band = reports::band_of(counts);
    out += fmt::format(
        "<dt>Policy type {}</dt><dd><span class=\"tag {}\">{}</span> {} failed: {} of {} sessions"
        "</dd>",
        name_of(type), class_of(band), name_of(band), percent(counts), counts.failed,
        counts.total());
  }
  return out.empty() ? "" : "<dl>" + out + "</dl>\n";
}

std::string reporters_table(const reports::DomainSummary& summary) {
  std::string rows;
  size_t shown = 0;
  for (const reports::OrganizationSummary& one : summary.organizations) {
    if (shown++ == kMostReportRows) break;
    const reports::SessionCounts counts = reports::worst_counts(one.counts);
    const bool silent = days_in_window(one, summary) == 0;
    rows += fmt::format("<tr><td>{}{}</td><td>{}</td><td>{}</td><td>{}{}</td></tr>\n",
                        html_text(one.name, kLongestName),
                        counts.total() == 0 || is_authenticated(one) ? "" : kUnauthenticated,
                        counts.total(), counts.failed, day_text(one.last_day),
                        silent ? " <span class=\"dim\">(before the window)</span>" : "");
  }
  const size_t all = summary.organizations.size() + summary.organizations_dropped;
  return table("<th>Sender</th><th>Sessions</th><th>Failed</th><th>Last report day</th>", rows,
               all - std::min(all, std::min(shown, kMostReportRows)));
}

// In a row of its own below the failure: the command is longer than any column.
std::string guide_row(const reports::ResultGuide& guide) {
  return fmt::format(
      "<tr><td class=\"wide\" colspan=\"{}\"><b>Cause:</b> {}.<br><b>Fix:</b> {}."
      "<pre>{}</pre></td></tr>\n",
      kFailureColumns, html_text(guide.cause, kLongestGuide), html_text(guide.fix, kLongestGuide),
      html_lines(guide.verify, kLongestGuide));
}

std::string failure_row(const reports::FailureSummary& failure) {
  std::string type = "<code>" + std::string(name_of(failure.type)) + "</code>";
  if (!failure.type_text.empty()) type += " " + html_text(failure.type_text, kLongestName);
  if (!failure.reason.empty())
    type += "<br><span class=\"dim\">" + html_text(failure.reason, kLongestName) + "</span>";
  std::string host = failure.receiving_mx.empty()
                         ? "<span class=\"dim\">not told</span>"
                         : "<code>" + html_text(failure.receiving_mx, kLongestName) + "</code>";
  if (!failure.receiving_ip.empty())
    host += "<br><code>" + html_text(failure.receiving_ip, kLongestName) + "</code>";
  return fmt::format(
      "<tr><td class=\"wide\">{}</td><td class=\"wide\">{}</td><td>{}{}</td><td>{}</td><td "
      "class=\"days\">{}</td></tr>\n",
      type, host, failed_sessions(failure),
      failure.authenticated_sessions == 0 ? kUnauthenticated : "",
      organizations_cell(failure.organizations, failure.organization_count),
      days(failure.first_day, failure.last_day));
}

std::string failures_table(const std::string& domain, const reports::DomainSummary& summary,
                           const std::vector<std::string>& own_hosts) {
  if (summary.failures.empty()) return "<p>No failures were reported in the window.</p>\n";
  std::string rows;
  size_t shown = 0;
  for (const reports::FailureSummary& failure : summary.failures) {
    if (shown == kMostReportRows) break;
    ++shown;
    rows += failure_row(failure);
    auto owner = reports::owner_of(failure.receiving_mx, own_hosts);
    rows += guide_row(reports::result_guide(failure, domain, owner));
  }
  return table("<th>Failure</th><th>MX host</th><th>Sessions</th><th>Senders</th><th>Days</th>",
               rows, summary.failures.size() - shown + summary.failures_dropped) +
         fmt::format("<p class=\"dim\">{}</p>\n", reports::kWatchAfterRepair);
}

std::string policies_table(const reports::DomainSummary& summary) {
  if (summary.policies.empty()) return "";
  std::string rows;
  for (const reports::PolicySummary& policy : summary.policies)
    rows += fmt::format(
        "<tr><td class=\"wide\">{}</td><td>{}</td><td>{}</td><td class=\"days\">{}</td></tr>\n",
        policy.policy.empty() ? "<span class=\"dim\">not told</span>"
                              : "<code>" + html_text(policy.policy, 500) + "</code>",
        policy.counts.total(), organizations_cell(policy.organizations, policy.organization_count),
        days(policy.first_day, policy.last_day));
  return "<h3>Policies that senders applied</h3>\n" +
         table("<th>Policy</th><th>Sessions</th><th>Senders</th><th>Days</th>", rows, 0);
}

}  // namespace

std::string reports_section(const std::string& domain, const reports::DomainSummary& summary,
                            const std::vector<std::string>& own_hosts) {
  std::string out = fmt::format(
      "<h2>TLS reports</h2>\n<p class=\"dim\">What senders reported from "
      "{} to {}.</p>\n",
      day_text(summary.from), day_text(summary.to));
  if (summary.organizations.empty() && summary.failures.empty())
    return out + "<p>No report has arrived yet; senders report once a day.</p>\n";
  out += ratios(summary) + "<h3>Failures</h3>\n" + failures_table(domain, summary, own_hosts) +
         "<h3>Senders</h3>\n" + reporters_table(summary) + policies_table(summary);
  return out;
}

}  // namespace mtasts::present
