// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/listing_query.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "report_store/failure_writing.h"
#include "report_store/session_limit.h"
#include "report_store/text_table.h"

namespace mtasts::report_store {
namespace {

using reports::FailureRow;
using reports::ReportLine;
using state::Database;
using state::Rows;

using LineNumber = std::pair<int64_t, int64_t>;  // organization, authenticity

struct Line {
  LineNumber number;
  ReportLine line;
};

uint64_t failed_of(const ReportLine& line) {
  uint64_t most = 0;
  for (const auto& one : line.counts) most = std::max(most, one.failed);
  return most;
}

reports::Authenticity authenticity_at(const Rows& rows, int column) {
  const auto last = static_cast<int64_t>(reports::Authenticity::failed);
  return static_cast<reports::Authenticity>(rows.bounded(column, 0, last));
}

std::vector<Line> read_lines(Database& database, int64_t domain, int64_t day, TextTable& texts) {
  std::vector<Line> lines;
  Rows rows = database.query(
      "SELECT organization, authenticity, reports, qualities, report_id, received,"
      " tlsa_successful, tlsa_failed, sts_successful, sts_failed, none_successful, none_failed"
      " FROM tlsrpt_line WHERE domain=?1 AND day=?2",
      {domain, day});
  while (rows.next()) {
    Line one;
    one.number = {rows.integer(0), rows.integer(1)};
    ReportLine& line = one.line;
    line.day = day_of(day);
    line.authenticity = authenticity_at(rows, 1);
    line.reports = rows.count(2);
    line.qualities = static_cast<reports::Qualities>(rows.integer(3));
    line.report_id = rows.text(4);
    line.received = rows.time(5);
    for (size_t type = 0; type < line.counts.size(); ++type) {
      int column = 6 + 2 * static_cast<int>(type);
      line.counts[type] = {sessions_at(rows, column), sessions_at(rows, column + 1)};
    }
    lines.push_back(std::move(one));
  }
  for (Line& one : lines)
    one.line.organization = one.number.first == kOthers ? std::string(reports::kOtherOrganizations)
                                                        : texts.text(one.number.first);
  std::ranges::sort(lines, [](const Line& a, const Line& b) {
    if (failed_of(a.line) != failed_of(b.line)) return failed_of(a.line) > failed_of(b.line);
    if (most_sessions(a.line.counts) != most_sessions(b.line.counts))
      return most_sessions(a.line.counts) > most_sessions(b.line.counts);
    return std::pair(a.line.organization, a.number) < std::pair(b.line.organization, b.number);
  });
  return lines;
}

// Texts are numbers until it is known which are shown.
struct Failure {
  int64_t host = 0;
  int64_t address = 0;
  int64_t network = 0;
  int64_t type_text = 0;
  int64_t reason = 0;
  FailureRow row;
};

void read_failures(Database& database, int64_t domain, int64_t day, TextTable& texts,
                   std::vector<Line>& lines) {
  std::map<LineNumber, std::vector<Failure>> failures;
  for (const Line& line : lines) failures[line.number];
  {
    Rows rows = database.query(
        "SELECT organization, authenticity, host, address, network, type_text, reason, type,"
        " policy_type, sessions FROM tlsrpt_failure WHERE domain=?1 AND day=?2",
        {domain, day});
    while (rows.next()) {
      auto place = failures.find({rows.integer(0), rows.integer(1)});
      if (place == failures.end()) continue;
      const auto type = static_cast<uint64_t>(rows.integer(7));
      const auto policy_type = static_cast<uint64_t>(rows.integer(8));
      if (type >= protocol::kResultTypes.size() ||
          policy_type >= protocol::kReportPolicyTypes.size())
        continue;
      Failure failure{rows.integer(2), rows.integer(3), rows.integer(4),
                      rows.integer(5), rows.integer(6), {}};
      failure.row.type = static_cast<protocol::ResultType>(type);
      failure.row.policy_type = static_cast<protocol::ReportPolicyType>(policy_type);
      failure.row.sessions = sessions_at(rows, 9);
      place->second.push_back(std::move(failure));
    }
  }
  for (Line& line : lines) {
    std::vector<Failure>& all = failures[line.number];
    std::ranges::stable_sort(
        all, [](const Failure& a, const Failure& b) { return a.row.sessions > b.row.sessions; });
    for (Failure& failure : all) {
      if (line.line.failures.size() == reports::kMostFailuresOfLine) {
        ++line.line.failures_dropped;
        continue;
      }
      failure.row.receiving_mx = texts.text(failure.host);
      failure.row.receiving_ip = texts.text(failure.address);
      failure.row.sending_network = texts.text(failure.network);
      failure.row.type_text = texts.text(failure.type_text);
      failure.row.reason = texts.text(failure.reason);
      line.line.failures.push_back(std::move(failure.row));
    }
  }
}

}  // namespace

reports::ReportListing read_listing(Database& database, const std::string& domain, int days,
                                    size_t most, Time now) {
  reports::ReportListing listing;
  std::optional<int64_t> number =
      database.number("SELECT id FROM tlsrpt_domain WHERE name=?1", {domain});
  if (!number) return listing;
  int64_t to = number_of(std::chrono::floor<std::chrono::days>(now));
  std::vector<int64_t> stored;
  {
    Rows rows = database.query(
        "SELECT day FROM tlsrpt_day WHERE domain=?1 AND day BETWEEN ?2 AND ?3 ORDER BY day DESC",
        {*number, to - days, to});
    while (rows.next()) stored.push_back(bounded_day(rows.integer(0)));
  }
  TextTable texts(database);
  for (int64_t day : stored) {
    std::vector<Line> lines = read_lines(database, *number, day, texts);
    size_t room = most - listing.lines.size();
    listing.cut = lines.size() > room;
    if (listing.cut) lines.resize(room);
    if (!lines.empty()) read_failures(database, *number, day, texts, lines);
    for (Line& line : lines) listing.lines.push_back(std::move(line.line));
    if (listing.cut) break;
  }
  return listing;
}

}  // namespace mtasts::report_store
