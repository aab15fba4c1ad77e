// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/report_reading.h"

#include "report_store/listing_query.h"
#include "report_store/summary_query.h"
#include "state/state_opening.h"

namespace mtasts::report_store {

Result<ReportReading> read_report_listing(const std::filesystem::path& path,
                                          const std::string& domain, int days, size_t most,
                                          Time now) {
  auto opened = state::open_to_read(path);
  if (!opened) return opened.failure();
  state::Database& database = *opened->database;
  ReportReading reading;
  reading.summary.to = std::chrono::floor<std::chrono::days>(now);
  reading.summary.from = reading.summary.to - std::chrono::days(days);
  // A file of an older version has no such tables.
  constexpr const char* kHasTables =
      "SELECT count(*) FROM sqlite_schema WHERE name='tlsrpt_failing_host'";
  if (database.number(kHasTables).value_or(0) > 0) {
    // One transaction, so that summary and listing are consistent.
    database.run("BEGIN");
    reading.summary = read_summary(database, domain, days, now);
    reading.listing = read_listing(database, domain, days, most, now);
  }
  if (database.failed()) return state::cannot_read(path, database.error().text);
  return reading;
}

}  // namespace mtasts::report_store
