// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/report_purge.h"

#include <optional>

namespace mtasts::report_store {
namespace {

using state::Database;
using state::Rows;

// Rows of a transaction, so that what waits for the database waits only briefly.
constexpr int64_t kMostRows = 2000;

struct Day {
  int64_t domain;
  int64_t day;
};

std::optional<Day> oldest_day(Database& database, int64_t before) {
  Rows rows = database.query("SELECT domain, day FROM tlsrpt_day WHERE day<?1 ORDER BY day LIMIT 1",
                             {before});
  if (!rows.next()) return std::nullopt;
  return Day{rows.integer(0), rows.integer(1)};
}

// The number of deleted rows.
int64_t purge_day(Database& database, Day day) {
  constexpr const char* kHosts =
      "DELETE FROM tlsrpt_failing_host WHERE domain=?1 AND day=?2 AND host IN"
      " (SELECT host FROM tlsrpt_failure f WHERE f.domain=?1 AND f.day=?2)";
  constexpr const char* kStatements[] = {
      kHosts,
      "DELETE FROM tlsrpt_failure WHERE domain=?1 AND day=?2",
      "DELETE FROM tlsrpt_policy WHERE domain=?1 AND day=?2",
      "DELETE FROM tlsrpt_line WHERE domain=?1 AND day=?2",
      "DELETE FROM tlsrpt_day WHERE domain=?1 AND day=?2",
  };
  int64_t deleted = 0;
  for (const char* statement : kStatements) {
    database.run(statement, {day.domain, day.day});
    deleted += database.changed_rows();
  }
  return deleted;
}

// After the days: each refers only to what is deleted after it.
constexpr const char* kRest[] = {
    "DELETE FROM tlsrpt_report WHERE key IN"
    " (SELECT key FROM tlsrpt_report WHERE day<?1 ORDER BY day LIMIT ?2)",
    "DELETE FROM tlsrpt_organization WHERE (domain, organization) IN"
    " (SELECT o.domain, o.organization FROM tlsrpt_domain d JOIN tlsrpt_organization o"
    "  ON o.domain=d.id AND o.last_day<?1 LIMIT ?2)",
    "DELETE FROM tlsrpt_text WHERE id IN"
    " (SELECT id FROM tlsrpt_text WHERE used_until<?1 ORDER BY used_until LIMIT ?2)",
};

// Totals of domains that had no report for long.
void purge_domains(Database& database, int64_t before) {
  database.run(
      "DELETE FROM tlsrpt_failure_total WHERE domain IN (SELECT id FROM tlsrpt_domain d WHERE"
      " last_day<?1-?2)",
      {before, kTotalsKept_days});
  database.run("DELETE FROM tlsrpt_domain WHERE last_day<?1-?2", {before, kTotalsKept_days});
}

bool purge_step(Database& database, int64_t before) {
  int64_t deleted = 0;
  while (deleted < kMostRows && !database.failed()) {
    std::optional<Day> day = oldest_day(database, before);
    if (!day) break;
    const int64_t gone = purge_day(database, *day);
    deleted += gone;
    // Numbers that are no integers are not equal to what was read, and would be found for ever.
    if (gone == 0) database.run("DELETE FROM tlsrpt_day WHERE day<?1", {before});
  }
  if (deleted >= kMostRows) return true;
  for (const char* statement : kRest) {
    database.run(statement, {before, kMostRows});
    if (database.failed() || database.changed_rows() == kMostRows) return true;
  }
  purge_domains(database, before);
  return false;
}

}  // namespace

bool purge_reports(Database& database, int64_t before) {
  database.begin();
  bool more = purge_step(database, before);
  database.commit();
  return more;
}

}  // namespace mtasts::report_store
