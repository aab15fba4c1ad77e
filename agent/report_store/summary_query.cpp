// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/summary_query.h"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <vector>

#include "report_store/failure_summaries.h"
#include "report_store/session_limit.h"
#include "report_store/text_table.h"

namespace mtasts::report_store {
namespace {

using reports::DayBits;
using reports::DomainSummary;
using reports::OrganizationSummary;
using state::Database;
using state::Rows;

// Six columns from `first`.
reports::CountsByType counts_at(const Rows& rows, int first) {
  reports::CountsByType counts;
  for (size_t type = 0; type < counts.size(); ++type) {
    int column = first + 2 * static_cast<int>(type);
    counts[type] = {sessions_at(rows, column), sessions_at(rows, column + 1)};
  }
  return counts;
}

// Zero: there is no such domain.
int64_t read_totals(Database& database, const std::string& domain, reports::ReportTotals& totals) {
  int64_t number = 0;
  {
    Rows rows = database.query(
        "SELECT id, reports, last_report_end, tlsa_successful, tlsa_failed, sts_successful,"
        " sts_failed, none_successful, none_failed FROM tlsrpt_domain WHERE name=?1",
        {domain});
    if (!rows.next()) return 0;
    number = rows.integer(0);
    totals.reports = rows.count(1);
    totals.last_report_end = rows.time(2);
    totals.counts = counts_at(rows, 3);
  }
  Rows rows =
      database.query("SELECT type, sessions FROM tlsrpt_failure_total WHERE domain=?1", {number});
  while (rows.next())
    if (auto type = static_cast<size_t>(rows.integer(0)); type < totals.failures.size())
      totals.failures[type] = sessions_at(rows, 1);
  return number;
}

class OrganizationReader {
 public:
  OrganizationReader(Database& database, int64_t domain, SummaryDays days)
      : database_(database), domain_(domain), days_(days) {}

  void read(DomainSummary& summary, TextTable& texts) {
    read_lines(summary);
    read_days();
    std::vector<Found> found;
    for (const auto& [number, one] : found_) {
      if (!one.summary.days) continue;
      found.push_back(one);
      found.back().number = number;
    }
    size_t shown = std::min(found.size(), reports::kMostOrganizations);
    std::partial_sort(found.begin(), found.begin() + static_cast<ptrdiff_t>(shown), found.end(),
                      comes_before);
    for (size_t i = 0; i < shown; ++i) {
      found[i].summary.name = texts.text(found[i].number);
      found[i].summary.submitter = texts.text(found[i].submitter.value_or(kNoText));
      summary.organizations.push_back(std::move(found[i].summary));
    }
    summary.organizations_dropped = found.size() - shown + (others_ ? 1 : 0);
  }

 private:
  struct Found {
    int64_t number = 0;
    std::optional<int64_t> submitter;  // of authenticated lines; kNoText: several
    OrganizationSummary summary;
  };

  static bool comes_before(const Found& a, const Found& b) {
    uint64_t of_a = most_sessions(a.summary.counts);
    uint64_t of_b = most_sessions(b.summary.counts);
    if (of_a != of_b) return of_a > of_b;
    if (a.summary.last_day != b.summary.last_day) return a.summary.last_day > b.summary.last_day;
    return a.number < b.number;
  }

  void read_lines(DomainSummary& summary);
  void read_days();

  Database& database_;
  const int64_t domain_;
  const SummaryDays days_;
  std::unordered_map<int64_t, Found> found_;
  bool others_ = false;  // there are reports of organizations beyond the bound
};

void OrganizationReader::read_lines(DomainSummary& summary) {
  Rows rows = database_.query(
      "SELECT organization, authenticity, qualities, tlsa_successful, tlsa_failed, sts_successful,"
      " sts_failed, none_successful, none_failed, submitter, day FROM tlsrpt_line"
      " WHERE domain=?1 AND day BETWEEN ?2 AND ?3",
      {domain_, days_.from, days_.to});
  while (rows.next()) {
    reports::CountsByType counts = counts_at(rows, 3);
    bool authenticated =
        rows.integer(1) == static_cast<int64_t>(reports::Authenticity::authenticated);
    add_sessions(summary.counts, counts);
    if (authenticated) add_sessions(summary.authenticated_counts, counts);
    if (rows.integer(0) == kOthers) {
      others_ = true;
      continue;
    }
    Found& line_of = found_[rows.integer(0)];
    OrganizationSummary& one = line_of.summary;
    add_sessions(one.counts, counts);
    const DayBits bit = reports::day_bit(summary.to, day_of(rows.integer(10)));
    for (size_t type = 0; type < counts.size(); ++type)
      if (counts[type].total() > 0) one.days_by_type[type] |= bit;
    if (authenticated) {
      add_sessions(one.authenticated_counts, counts);
      int64_t submitter = rows.integer(9);
      bool first = !line_of.submitter;
      line_of.submitter = first || *line_of.submitter == submitter ? submitter : kNoText;
    }
    one.qualities |= static_cast<reports::Qualities>(rows.integer(2));
  }
  summary.reporters = found_.size() + (others_ ? 1 : 0);
}

// Reports of purged days have no rows, but their bits remain: they are masked.
void OrganizationReader::read_days() {
  int64_t kept = std::clamp<int64_t>(days_.to - days_.oldest + 1, 0, 64);
  DayBits mask = kept >= 64 ? ~DayBits{0} : (DayBits{1} << kept) - 1;
  Rows rows = database_.query(
      "SELECT organization, last_day, days, clean_days, last_received FROM tlsrpt_organization"
      " WHERE domain=?1 AND last_day>=?2",
      {domain_, days_.before_from});
  while (rows.next()) {
    const int64_t last_day = bounded_day(rows.integer(1));
    int64_t ago = days_.to - last_day;
    auto shifted = [&](int column) -> DayBits {
      auto bits = static_cast<DayBits>(rows.integer(column));
      if (ago >= 64 || ago <= -64) return 0;
      return (ago >= 0 ? bits << ago : bits >> -ago) & mask;
    };
    DayBits days = shifted(2);
    if (days == 0) continue;
    OrganizationSummary& one = found_[rows.integer(0)].summary;
    one.days = days;
    one.days_without_failures = shifted(3);
    one.last_day = day_of(last_day);
    one.last_received = rows.time(4);
  }
}

void read_seen_types(Database& database, int64_t domain, SummaryDays days, DomainSummary& summary) {
  int64_t types = 0;
  {
    Rows rows =
        database.query("SELECT types FROM tlsrpt_day WHERE domain=?1 AND day>=?2 AND day<?3",
                       {domain, days.before_from, days.from});
    while (rows.next()) types |= rows.integer(0);
  }
  for (reports::FailureSummary& failure : summary.failures)
    failure.type_seen_before = ((types >> static_cast<int64_t>(failure.type)) & 1) != 0;
}

}  // namespace

DomainSummary read_summary(Database& database, const std::string& domain, int window_days,
                           Time now) {
  DomainSummary summary;
  summary.to = std::chrono::floor<std::chrono::days>(now);
  summary.from = summary.to - std::chrono::days(window_days);
  int64_t number = read_totals(database, domain, summary.totals);
  if (number == 0) return summary;
  SummaryDays days;
  days.from = number_of(summary.from);
  days.to = number_of(summary.to);
  days.before_from = days.from - reports::kDaysBefore;
  constexpr const char* kOldest = "SELECT min(day) FROM tlsrpt_day WHERE domain=?1";
  days.oldest = bounded_day(database.number(kOldest, {number}).value_or(days.to + 1));
  summary.has_history = days.oldest < days.from;
  TextTable texts(database);
  OrganizationReader(database, number, days).read(summary, texts);
  read_failures(database, number, days, texts, summary);
  read_seen_types(database, number, days, summary);
  read_policies(database, number, days, texts, summary);
  return summary;
}

}  // namespace mtasts::report_store
