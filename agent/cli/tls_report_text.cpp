// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/tls_report_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/printable.h"
#include "cli/console_text.h"
#include "cli/plan_text.h"
#include "cli/tls_report_advice.h"
#include "reports/result_guide.h"

namespace mtasts::cli {
namespace {

using protocol::ReportFailure;
using protocol::ReportPolicy;
using reports::Band;
using reports::SessionCounts;

constexpr size_t kMostFailureKinds = 50;  // of one policy
constexpr size_t kMostShownAddresses = 3;
constexpr size_t kMostShownDeviations = 5;
constexpr size_t kMostShownHosts = 6;
constexpr size_t kText_bytes = 200;
constexpr size_t kLabelColumn = 10;
constexpr size_t kDetailIndent = 14;
constexpr size_t kDetailLabel = 8;

Style style_of(Band band) {
  if (band == Band::normal) return Style::green;
  return band == Band::watch ? Style::yellow : Style::red;
}

std::string_view meaning_of(Band band) {
  if (band == Band::normal) return "under 1 %";
  return band == Band::watch ? "1 to 5 %" : "over 5 %";
}

std::string percent(const SessionCounts& counts) {
  return fmt::format("{:.2f} %", reports::failure_ratio(counts).value_or(0) * 100);
}

std::string line(size_t indent, size_t column, std::string_view label, std::string_view text,
                 size_t width, bool colour) {
  Wrap wrap;
  wrap.width = width;
  wrap.first_indent = wrap.indent = indent + column;
  return fmt::format("{:{}}{}{}\n", "", indent, styled(padded(label, column), Style::dim, colour),
                     wrapped(text, wrap));
}

std::string listed(const std::vector<std::string>& texts, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(texts.size(), most); ++i)
    text += (i == 0 ? "" : ", ") + printable(texts[i], kText_bytes);
  if (texts.size() > most) text += fmt::format(" and {} more", texts.size() - most);
  return text;
}

std::string moment(const std::optional<Time>& time) {
  return time ? minute_text(*time) : std::string("(not told)");
}

std::string shown_policy_domain(const std::string& domain) {
  return domain.empty() ? "a domain that is not told" : shown_domain(domain);
}

std::string heading(const OfflineReport& read, bool colour) {
  const std::string name =
      read.organization.empty() ? "(no organization)" : printable(read.organization, kText_bytes);
  const std::string day =
      read.report.begin ? date_text(*read.report.begin) : std::string("no date");
  std::string from = printable(read.file, kText_bytes);
  if (read.message != 0) from += fmt::format(", message {}", read.message);
  return fmt::format("{}  {}  {}\n", styled(name, Style::bold, colour), day,
                     styled(from, Style::dim, colour));
}

std::string reporter_text(const OfflineReport& read, size_t width, bool colour) {
  const protocol::TlsReport& report = read.report;
  std::string text;
  auto add = [&](std::string_view label, std::string_view value) {
    text += line(2, kLabelColumn, label, value, width, colour);
  };
  if (!report.contact.empty()) add("contact", printable(report.contact, kText_bytes));
  if (!report.report_id.empty()) add("report", printable(report.report_id, kText_bytes));
  add("range", fmt::format("{} to {}", moment(report.begin), moment(report.end)));
  return text;
}

std::string policy_line(const ReportPolicy& policy, const OfflinePolicy& read) {
  std::string text =
      fmt::format("{} for {}", protocol::name_of(policy.type), shown_policy_domain(read.domain));
  std::string details;
  if (read.mode) details = "mode " + *read.mode;
  if (!read.mx.empty())
    details += (details.empty() ? "mx " : ", mx ") + listed(read.mx, kMostShownHosts);
  return details.empty() ? text : text + ": " + details;
}

std::string summary_line(const SessionCounts& counts, bool about_mx_host, bool colour) {
  if (counts.total() == 0) return "no sessions";
  std::string text = fmt::format("{} of {} sessions failed", counts.failed, counts.total());
  if (about_mx_host)
    return text + "; not counted: the host has no DANE records, and the sts entry has the sessions";
  const Band band = reports::band_of(counts);
  return fmt::format("{}: {}, {} ({})", text, percent(counts),
                     styled(reports::name_of(band), style_of(band), colour), meaning_of(band));
}

// Failures with the same cause at the same host.
struct FailureKindSum {
  std::optional<ReportFailure> first;
  uint64_t sessions = 0;
  std::vector<std::string> receiving;  // addresses, each once, one more than shown at most
  std::vector<std::string> sending;
};

void add_once(std::vector<std::string>& texts, std::string_view text) {
  if (text.empty() || texts.size() > kMostShownAddresses) return;
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.emplace_back(text);
}

std::vector<FailureKindSum> kinds_of(const ReportPolicy& policy) {
  std::map<std::tuple<std::string_view, std::string_view, std::string_view>, FailureKindSum> sums;
  for (const ReportFailure& one : policy.failures) {
    FailureKindSum& sum = sums[{one.type_text, one.failure_reason_code, one.receiving_mx_hostname}];
    if (!sum.first) sum.first = one;
    sum.sessions += one.sessions;
    add_once(sum.receiving, one.receiving_ip);
    add_once(sum.sending, one.sending_mta_ip);
  }
  std::vector<FailureKindSum> kinds;
  kinds.reserve(sums.size());
  for (auto& [key, sum] : sums) kinds.push_back(std::move(sum));
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.sessions > b.sessions; });
  return kinds;
}

// "198.51.100.20, 198.51.100.21 and others".
std::string addresses(const std::vector<std::string>& texts) {
  std::vector<std::string> shown = texts;
  const bool more = shown.size() > kMostShownAddresses;
  if (more) shown.resize(kMostShownAddresses);
  return listed(shown, kMostShownAddresses) + (more ? " and others" : "");
}

std::string failure_text(const FailureKindSum& kind, const ReportPolicy& policy,
                         const OfflinePolicy& read, size_t width, bool colour) {
  const ReportFailure& first = *kind.first;
  const std::string type = printable(first.type_text, kText_bytes);
  std::string text = fmt::format("    {:>8}  {}", kind.sessions, styled(type, Style::bold, colour));
  if (!first.receiving_mx_hostname.empty())
    text += "  " + printable(first.receiving_mx_hostname, kText_bytes);
  text += "\n";
  auto add = [&](std::string_view label, std::string_view value) {
    if (!value.empty()) text += line(kDetailIndent, kDetailLabel, label, value, width, colour);
  };
  std::string seen;
  if (!kind.receiving.empty()) seen = "at " + addresses(kind.receiving);
  if (!kind.sending.empty()) seen += (seen.empty() ? "from " : ", from ") + addresses(kind.sending);
  add("seen", seen);
  if (!first.failure_reason_code.empty())
    add("reason", printable(first.failure_reason_code, kText_bytes));
  const reports::ResultGuide advice = advice_on(policy, read, first);
  add("cause", advice.cause);
  add("fix", advice.fix);
  // Commands are not wrapped, so that they can be copied.
  if (!advice.verify.empty())
    text += fmt::format("{:{}}{}{}\n", "", kDetailIndent,
                        styled(padded("verify", kDetailLabel), Style::dim, colour), advice.verify);
  return text;
}

std::string policy_text(const ReportPolicy& policy, const OfflinePolicy& read, size_t width,
                        bool colour) {
  std::string text = line(2, kLabelColumn, "policy", policy_line(policy, read), width, colour);
  text += line(2, kLabelColumn, "summary",
               summary_line(counts_of(policy), read.about_mx_host, colour), width, colour);
  const std::vector<FailureKindSum> kinds = kinds_of(policy);
  if (!kinds.empty()) text += "  " + styled("failures", Style::dim, colour) + "\n";
  for (size_t i = 0; i < std::min(kinds.size(), kMostFailureKinds); ++i)
    text += failure_text(kinds[i], policy, read, width, colour);
  if (kinds.size() > kMostFailureKinds)
    text += fmt::format("    {} more kinds of failures; --json has all of them\n",
                        kinds.size() - kMostFailureKinds);
  if (policy.failed != 0 && kinds.empty() && !read.about_mx_host)
    text += line(4, 0, "", "The report does not tell what failed.", width, colour);
  return text;
}

std::string deviations_text(const OfflineReport& read, size_t width, bool colour) {
  std::vector<std::string> all = read.remarks;
  for (const protocol::ReportDeviation& one : read.report.deviations) {
    if (all.size() > kMostShownDeviations) break;
    all.push_back(one.path.empty() ? one.message : one.path + ": " + one.message);
  }
  const size_t count =
      read.remarks.size() + read.report.deviations.size() + read.report.deviations_dropped;
  std::string text;
  for (size_t i = 0; i < std::min(all.size(), kMostShownDeviations); ++i)
    text += line(2, kLabelColumn, i == 0 ? "deviates" : "", printable(all[i], 2 * kText_bytes),
                 width, colour);
  if (count > kMostShownDeviations)
    text += line(2, kLabelColumn, "", fmt::format("and {} more", count - kMostShownDeviations),
                 width, colour);
  if (read.report.rows_dropped != 0)
    text +=
        line(2, kLabelColumn, "left out",
             fmt::format("{} entries that are unusable or over a limit", read.report.rows_dropped),
             width, colour);
  return text;
}

}  // namespace

std::string tls_report_text(const OfflineReport& read, bool colour, size_t width) {
  std::string text = heading(read, colour) + reporter_text(read, width, colour);
  bool failed = false;
  for (size_t i = 0; i < read.policies.size(); ++i) {
    text += policy_text(read.report.policies[i], read.policies[i], width, colour);
    failed |= read.report.policies[i].failed != 0 && !read.policies[i].about_mx_host;
  }
  text += deviations_text(read, width, colour);
  if (failed) text += line(2, kLabelColumn, "watch", reports::kWatchAfterRepair, width, colour);
  return text + "\n";
}

std::string tls_report_totals_text(const ReportTotals& totals, size_t unrelated, bool colour) {
  std::string text;
  if (totals.reports() != 0) text += styled("Domains", Style::bold, colour) + "\n";
  for (const auto& [domain, counts] : totals.domains()) {
    const Band band = reports::band_of(counts);
    const std::string word = styled(reports::name_of(band), style_of(band), colour);
    text += fmt::format("  {}  {} of {} sessions failed: {}, {}\n",
                        styled(shown_policy_domain(domain), Style::bold, colour), counts.failed,
                        counts.total(), counts.total() == 0 ? "no ratio" : percent(counts), word);
  }
  auto counted = [](size_t count, std::string_view noun) {
    return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
  };
  text += counted(totals.reports(), "report");
  if (totals.duplicates() != 0)
    text += fmt::format(", {} more that {} the same again", totals.duplicates(),
                        totals.duplicates() == 1 ? "is" : "are");
  if (unrelated != 0) text += ", " + counted(unrelated, "mail") + " without a report";
  return text + "\n";
}

}  // namespace mtasts::cli
