// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/sqlite_report_store.h"

#include <fmt/format.h>

#include "report_store/listing_query.h"
#include "report_store/report_purge.h"
#include "report_store/report_writing.h"
#include "report_store/summary_query.h"
#include "report_store/text_table.h"
#include "state/database.h"

namespace mtasts::report_store {

using state::Database;
using state::DatabaseError;
using state::ErrorClass;

Result<void> SqliteReportStore::run(const char* what, const std::function<void(Database&)>& task) {
  DatabaseError error = state_.with_database(task);
  // The corrupt file was set aside: the next attempt begins a new one.
  if (error.trouble == ErrorClass::corrupt) error = state_.with_database(task);
  if (error.trouble == ErrorClass::none) return {};
  return Failure{error.trouble == ErrorClass::refused ? FailureKind::invalid : FailureKind::io,
                 fmt::format("{}: {}", what, error.text)};
}

Result<std::vector<AddOutcome>> SqliteReportStore::add(
    const std::vector<reports::StoredReport>& batch) {
  std::vector<AddOutcome> outcomes;
  Result<void> added = run("cannot store TLS reports", [&](Database& database) {
    outcomes.clear();
    // The sender or the mailbox forgets the report as soon as this returns.
    state::DurableCommits durable(database);
    database.begin();
    TextTable texts(database);
    for (const reports::StoredReport& report : batch)
      outcomes.push_back(write_report(database, texts, report));
    database.commit();
  });
  if (!added) return added.failure();
  return outcomes;
}

Result<reports::DomainSummary> SqliteReportStore::summary(const std::string& domain,
                                                          int window_days, Time now) {
  reports::DomainSummary summary;
  Result<void> read = run("cannot read TLS reports", [&](Database& database) {
    summary = read_summary(database, domain, window_days, now);
  });
  if (!read) return read.failure();
  return summary;
}

Result<std::vector<std::string>> SqliteReportStore::domains() {
  std::vector<std::string> domains;
  Result<void> read = run("cannot read TLS reports", [&](Database& database) {
    domains.clear();
    state::Rows rows = database.query("SELECT name FROM tlsrpt_domain ORDER BY name");
    while (rows.next()) domains.push_back(rows.text(0));
  });
  if (!read) return read.failure();
  return domains;
}

Result<reports::ReportListing> SqliteReportStore::list(const std::string& domain, int days,
                                                       size_t most, Time now) {
  reports::ReportListing listing;
  Result<void> read = run("cannot read TLS reports", [&](Database& database) {
    listing = read_listing(database, domain, days, most, now);
  });
  if (!read) return read.failure();
  return listing;
}

Result<bool> SqliteReportStore::purge(reports::Day before) {
  bool more = false;
  Result<void> purged = run("cannot delete old TLS reports", [&](Database& database) {
    more = purge_reports(database, number_of(before));
  });
  if (!purged) return purged.failure();
  return more;
}

}  // namespace mtasts::report_store
