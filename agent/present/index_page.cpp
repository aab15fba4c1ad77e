// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/ascii.h"
#include "present/page.h"

namespace mtasts::present {
namespace {

// Maximum findings in one row of the list; the domain's page has all of them.
constexpr size_t kMostFindingsInRow = 5;
constexpr size_t kLongestFilter = 253;  // the longest domain name

// Sort order of the list: the most urgent first.
enum Group : size_t { critical, warning, unknown, ok, waiting, kGroupCount };
constexpr std::array<std::string_view, kGroupCount> kGroupNames = {"critical", "warning", "unknown",
                                                                   "ok", "waiting"};

Group group_of(const board::DomainEntry& entry) {
  if (entry.report == nullptr) return waiting;
  switch (entry.report->outcome) {
    case verdict::Outcome::critical:
      return critical;
    case verdict::Outcome::warning:
      return warning;
    case verdict::Outcome::unknown:
      return unknown;
    case verdict::Outcome::ok:
      return ok;
  }
  return unknown;
}

bool matches(const board::DomainEntry& entry, const std::string& filter) {
  if (filter.empty() || entry.name.find(filter) != std::string::npos) return true;
  if (entry.report == nullptr) return false;
  for (const verdict::Finding& finding : entry.report->findings)
    if (finding.code().find(filter) != std::string_view::npos) return true;
  return false;
}

// The filter text in the form in which names are stored: a whole name with U-labels is converted to
// A-labels.
std::string searched(std::string_view filter) {
  filter = filter.substr(0, kLongestFilter);
  Result<DomainName> name = DomainName::parse(filter);
  return name.ok() ? name->text() : ascii_lower(filter);
}

std::string findings_cell(const board::DomainEntry& entry) {
  if (entry.report == nullptr) return "<span class=\"dim\">not checked yet</span>";
  std::string items;
  size_t listed = 0;
  size_t left_out = 0;
  for (const verdict::Finding& finding : entry.report->findings) {
    if (finding.severity == verdict::Severity::info) continue;
    if (listed == kMostFindingsInRow) {
      ++left_out;
      continue;
    }
    ++listed;
    items += fmt::format("<li>{}<br><span class=\"dim\">{}</span></li>",
                         html_text(finding.message, 600), html_text(finding.fix, 600));
  }
  if (items.empty()) return "<span class=\"dim\">no action needed</span>";
  if (left_out > 0) items += fmt::format("<li>and {} more</li>", left_out);
  return "<ul>" + items + "</ul>";
}

std::string row(const board::DomainEntry& entry, std::string_view root) {
  return fmt::format(
      "<tr><td>{}</td><td><a href=\"{}domains/{}\">{}</a></td><td>{}</td><td class=\"dim\">{}</td>"
      "</tr>\n",
      tag(kGroupNames[group_of(entry)]), root, percent_encoded(entry.name),
      html_text(display_name(entry.name)), findings_cell(entry),
      entry.report == nullptr ? "" : rfc3339(entry.report->checked_at));
}

std::string_view consequence_of(verdict::ChannelFault::Kind kind) {
  switch (kind) {
    case verdict::ChannelFault::Kind::unreachable:
      return "The agent cannot reach the network over";
    case verdict::ChannelFault::Kind::denies:
      return "The agent's resolver denies names that exist, over";
    case verdict::ChannelFault::Kind::outage:
      return "Most hosts began to fail alike over";
  }
  return "";
}

// Why much may be unknown: said once, above everything, instead of in every row.
std::string channels_banner(const std::vector<verdict::ChannelFault>& faults) {
  if (faults.empty()) return {};
  std::string items;
  for (const verdict::ChannelFault& fault : faults)
    items += fmt::format("<li>{} <strong>{}</strong>{}</li>\n", consequence_of(fault.kind),
                         name_of(fault.channel),
                         fault.detail.empty() ? "" : ": " + html_text(fault.detail, 400));
  return "<div class=\"banner\" role=\"alert\"><p>" + tag("unknown") +
         " Part of what is below is unknown because of the agent's own network, not because of the "
         "domains:</p>\n<ul>\n" +
         items + "</ul></div>\n";
}

}  // namespace

std::string index_page(const board::Snapshot& snapshot, std::string_view filter,
                       const PageLinks& links) {
  const std::string root = link_root(links, "");
  const std::string wanted = searched(filter);
  std::array<std::vector<const board::DomainEntry*>, kGroupCount> groups;
  std::array<size_t, kGroupCount> counts{};
  size_t found = 0;
  for (const board::DomainEntryPtr& entry : snapshot.domains) {
    Group group = group_of(*entry);
    ++counts[group];
    if (!matches(*entry, wanted)) continue;
    ++found;
    if (groups[group].size() < kMostRows) groups[group].push_back(entry.get());
  }
  std::string body = "<h1>MTA-STS: " + fmt::format("{} domains", snapshot.domains.size()) +
                     "</h1>\n" + channels_banner(snapshot.channel_faults) + "<p>";
  for (size_t group = 0; group < kGroupCount; ++group)
    if (counts[group] > 0)
      body += fmt::format("{} {} &nbsp; ", tag(kGroupNames[group]), counts[group]);
  body += fmt::format(
      "</p>\n<form action=\"\" method=\"get\"><label>Find <input type=\"search\" name=\"q\" "
      "value=\"{}\" maxlength=\"{}\" placeholder=\"domain or finding\"></label> "
      "<button>Search</button></form>\n",
      html_attribute(filter, kLongestFilter), kLongestFilter);
  size_t listed = 0;
  std::string rows;
  for (const auto& group : groups)
    for (const board::DomainEntry* entry : group)
      if (listed < kMostRows) {
        ++listed;
        rows += row(*entry, root);
      }
  if (listed < found)
    body += fmt::format(
        "<p>Showing the first {} of {}, worst first; use the search to find others.</p>\n", listed,
        found);
  if (rows.empty())
    body += snapshot.domains.empty() ? "<p>No domains are configured.</p>\n"
                                     : "<p>No domain matches the search.</p>\n";
  else
    body +=
        "<div class=\"scroll\"><table><thead><tr><th>Outcome</th><th>Domain</th><th>Problems and "
        "fixes</th><th>Checked</th></tr></thead><tbody>\n" +
        rows + "</tbody></table></div>\n";
  if (filter.empty() && snapshot.rejected_reports != nullptr)
    body += rejected_section(*snapshot.rejected_reports);
  return html_page("MTA-STS", body, absolute_link(links, "/"));
}

}  // namespace mtasts::present
