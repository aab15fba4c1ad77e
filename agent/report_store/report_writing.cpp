// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/report_writing.h"

#include <algorithm>
#include <map>

#include "base/printable.h"
#include "base/public_suffix.h"
#include "report_store/failure_writing.h"
#include "report_store/report_key.h"
#include "report_store/session_limit.h"

namespace mtasts::report_store {
namespace {

using reports::Authenticity;
using reports::CountsByType;
using reports::PolicyRow;
using reports::Qualities;
using reports::Quality;
using reports::StoredReport;
using state::Database;
using state::Rows;
using state::Value;

// Of kMostLines and kMostPolicies, for reports that are not authenticated.
constexpr int64_t share_of(int64_t most, Authenticity authenticity) {
  return authenticity == Authenticity::authenticated ? most : most * 4 / 5;
}

CountsByType counts_of(const StoredReport& report) {
  CountsByType counts;
  for (const PolicyRow& row : report.policies)
    if (!row.about_mx_host)
      add_sessions(counts[static_cast<size_t>(row.type)], {row.successful, row.failed});
  return counts;
}

bool has_failures(const StoredReport& report, const CountsByType& counts) {
  return std::ranges::any_of(counts, [](const auto& one) { return one.failed > 0; }) ||
         std::ranges::any_of(report.failures, [](const auto& row) { return row.sessions > 0; });
}

Value number(uint64_t sessions) { return static_cast<int64_t>(sessions); }

int64_t write_domain(Database& database, const StoredReport& report, const CountsByType& counts) {
  return database
      .number(
          "INSERT INTO tlsrpt_domain VALUES (NULL, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
          " ON CONFLICT (name) DO UPDATE SET last_day=max(last_day, ?2), reports=reports+1,"
          " last_report_end=max(last_report_end, ?3),"
          " tlsa_successful=min(tlsa_successful+?4, ?10), tlsa_failed=min(tlsa_failed+?5, ?10),"
          " sts_successful=min(sts_successful+?6, ?10), sts_failed=min(sts_failed+?7, ?10),"
          " none_successful=min(none_successful+?8, ?10), none_failed=min(none_failed+?9, ?10)"
          " RETURNING id",
          {report.domain, number_of(report.day), report.end, number(counts[0].successful),
           number(counts[0].failed), number(counts[1].successful), number(counts[1].failed),
           number(counts[2].successful), number(counts[2].failed), number(kMostSessionsCounted)})
      .value_or(0);
}

void write_failure_totals(Database& database, int64_t domain, const StoredReport& report) {
  std::array<uint64_t, protocol::kResultTypes.size()> totals{};
  for (const auto& row : report.failures)
    add_sessions(totals[static_cast<size_t>(row.type)], row.sessions);
  for (size_t type = 0; type < totals.size(); ++type) {
    if (totals[type] == 0) continue;
    database.run(
        "INSERT INTO tlsrpt_failure_total VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE"
        " SET sessions=min(sessions+?3, ?4)",
        {domain, type, number(totals[type]), number(kMostSessionsCounted)});
  }
}

// The organization by whose number the day's rows are stored: kOthers when the day is full.
int64_t admitted_organization(Database& database, TextTable& texts, int64_t domain,
                              const StoredReport& report, DayUse& use) {
  int64_t day = number_of(report.day);
  int64_t authenticity = static_cast<int64_t>(report.authenticity);
  constexpr const char* kHasLine =
      "SELECT count(*) FROM tlsrpt_line WHERE domain=?1 AND day=?2 AND organization=?3"
      " AND authenticity=?4";
  if (use.lines >= share_of(kMostLines, report.authenticity)) {
    // A text that no row uses must not be stored.
    int64_t known = texts.find(cut_text(report.organization, kTextLimit_bytes));
    if (known == kNoText ||
        database.number(kHasLine, {domain, day, known, authenticity}).value_or(0) == 0)
      return kOthers;
    return texts.put(report.organization, day);
  }
  return texts.put(report.organization, day);
}

// What the reports of a line have in common, if they are authenticated.
int64_t signed_submitter(TextTable& texts, const StoredReport& report, LineKey line) {
  bool counts = report.authenticity == Authenticity::authenticated && line.organization != kOthers;
  if (!counts || report.submitter.empty()) return kNoText;
  return texts.put(organisational_domain(report.submitter), line.day);
}

void write_line(Database& database, TextTable& texts, const StoredReport& report,
                const CountsByType& counts, LineKey line, DayUse& use) {
  std::string_view id =
      line.organization == kOthers ? "" : cut_text(report.report_id, kTextLimit_bytes);
  bool is_new = database
                    .number(
                        "SELECT count(*) FROM tlsrpt_line WHERE domain=?1 AND day=?2"
                        " AND organization=?3 AND authenticity=?4",
                        {line.domain, line.day, line.organization, line.authenticity})
                    .value_or(0) == 0;
  use.lines += is_new ? 1 : 0;
  database.run(
      "INSERT INTO tlsrpt_line VALUES (?1, ?2, ?3, ?4, 1, 0, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,"
      " ?13, ?15) ON CONFLICT DO UPDATE SET reports=reports+1, qualities=qualities|?5,"
      " submitter=CASE WHEN submitter=?15 THEN submitter ELSE 0 END,"
      " report_id=CASE WHEN ?7>=received THEN ?6 ELSE report_id END, received=max(received, ?7),"
      " tlsa_successful=min(tlsa_successful+?8, ?14), tlsa_failed=min(tlsa_failed+?9, ?14),"
      " sts_successful=min(sts_successful+?10, ?14), sts_failed=min(sts_failed+?11, ?14),"
      " none_successful=min(none_successful+?12, ?14), none_failed=min(none_failed+?13, ?14)",
      {line.domain, line.day, line.organization, line.authenticity, report.qualities, id,
       report.received, number(counts[0].successful), number(counts[0].failed),
       number(counts[1].successful), number(counts[1].failed), number(counts[2].successful),
       number(counts[2].failed), number(kMostSessionsCounted),
       signed_submitter(texts, report, line)});
}

// The days of the organization as bits, relative to its last day.
void write_organization(Database& database, const StoredReport& report, LineKey line, bool clean) {
  if (line.organization == kOthers) return;
  int64_t last = line.day;
  reports::DayBits days = 0;
  reports::DayBits clean_days = 0;
  {
    Rows rows = database.query(
        "SELECT last_day, days, clean_days FROM tlsrpt_organization WHERE domain=?1"
        " AND organization=?2",
        {line.domain, line.organization});
    if (rows.next()) {
      const int64_t known = bounded_day(rows.integer(0));
      last = std::max(last, known);
      int64_t later = last - known;
      days = later < 64 ? static_cast<uint64_t>(rows.integer(1)) << later : 0;
      clean_days = later < 64 ? static_cast<uint64_t>(rows.integer(2)) << later : 0;
    }
  }
  int64_t ago = last - line.day;
  if (ago < 64) {
    reports::DayBits bit = reports::DayBits{1} << ago;
    if (!clean)
      clean_days &= ~bit;
    else if ((days & bit) == 0)
      clean_days |= bit;
    days |= bit;
  }
  database.run(
      "INSERT INTO tlsrpt_organization VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET"
      " last_day=?3, days=?4, clean_days=?5, last_received=max(last_received, ?6)",
      {line.domain, line.organization, last, static_cast<int64_t>(days),
       static_cast<int64_t>(clean_days), report.received});
}

void write_policies(Database& database, TextTable& texts, const StoredReport& report, LineKey line,
                    DayUse& use) {
  std::map<std::string_view, reports::SessionCounts> policies;
  for (const PolicyRow& row : report.policies)
    if (!row.about_mx_host && !row.policy.empty() && row.type == protocol::ReportPolicyType::sts)
      add_sessions(policies[cut_text(row.policy, kPolicyLimit_bytes)],
                   {row.successful, row.failed});
  for (const auto& [policy, counts] : policies) {
    bool full = use.policies >= share_of(kMostPolicies, report.authenticity);
    int64_t text = full ? texts.find(policy) : texts.put(policy, line.day, kPolicyLimit_bytes);
    if (text == kNoText) continue;
    bool is_new = database
                      .number(
                          "SELECT count(*) FROM tlsrpt_policy WHERE domain=?1 AND day=?2"
                          " AND policy=?3 AND organization=?4",
                          {line.domain, line.day, text, line.organization})
                      .value_or(0) == 0;
    if (is_new && full) continue;
    use.policies += is_new ? 1 : 0;
    database.run(
        "INSERT INTO tlsrpt_policy VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET"
        " successful=min(successful+?5, ?7), failed=min(failed+?6, ?7)",
        {line.domain, line.day, text, line.organization, number(counts.successful),
         number(counts.failed), number(kMostSessionsCounted)});
  }
}

void write_key(Database& database, TextTable& texts, const StoredReport& report,
               const ReportKey& key, LineKey line) {
  bool other = line.organization == kOthers;
  int64_t submitter = other ? kNoText : texts.put(report.submitter, line.day);
  std::string_view id = other ? "" : cut_text(report.report_id, kTextLimit_bytes);
  database.run(
      "INSERT INTO tlsrpt_report VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      {Value::blob(key.key), Value::blob(key.identity), line.domain, line.day, line.organization,
       submitter, id, line.authenticity, report.qualities, report.begin, report.end,
       report.received});
}

DayUse read_day(Database& database, int64_t domain, int64_t day) {
  Rows rows = database.query(
      "SELECT types, lines, policies, failures FROM tlsrpt_day WHERE domain=?1 AND day=?2",
      {domain, day});
  if (!rows.next()) return {};
  return {rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
}

void store(Database& database, TextTable& texts, const StoredReport& report, const ReportKey& key) {
  CountsByType counts = counts_of(report);
  LineKey line;
  line.domain = write_domain(database, report, counts);
  line.day = number_of(report.day);
  line.authenticity = static_cast<int64_t>(report.authenticity);
  write_failure_totals(database, line.domain, report);
  DayUse use = read_day(database, line.domain, line.day);
  line.organization = admitted_organization(database, texts, line.domain, report, use);
  write_line(database, texts, report, counts, line, use);
  write_organization(database, report, line, !has_failures(report, counts));
  write_policies(database, texts, report, line, use);
  write_failures(database, texts, report, line, use);
  write_key(database, texts, report, key, line);
  database.run("INSERT OR REPLACE INTO tlsrpt_day VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
               {line.domain, line.day, use.types, use.lines, use.policies, use.failures});
}

// What the line of a day counts of its own rows, after some have moved.
void recount(Database& database, LineKey line) {
  database.run(
      "UPDATE tlsrpt_line SET failures=(SELECT count(*) FROM tlsrpt_failure AS f WHERE"
      " f.domain=?1 AND f.day=?2 AND f.organization=?3 AND"
      " f.authenticity=tlsrpt_line.authenticity) WHERE domain=?1 AND day=?2 AND organization=?3",
      {line.domain, line.day, line.organization});
  database.run(
      "UPDATE tlsrpt_day SET lines=(SELECT count(*) FROM tlsrpt_line WHERE domain=?1 AND day=?2),"
      " failures=(SELECT count(*) FROM tlsrpt_failure WHERE domain=?1 AND day=?2)"
      " WHERE domain=?1 AND day=?2",
      {line.domain, line.day});
}

// Takes the report out of its line; the last one leaves none.
void leave_line(Database& database, const TextTable& texts, const StoredReport& report,
                const CountsByType& counts, LineKey from, int64_t authenticity) {
  move_failures(database, texts, report, from, authenticity);
  database.run(
      "UPDATE tlsrpt_line SET reports=reports-1,"
      " tlsa_successful=max(tlsa_successful-?5, 0), tlsa_failed=max(tlsa_failed-?6, 0),"
      " sts_successful=max(sts_successful-?7, 0), sts_failed=max(sts_failed-?8, 0),"
      " none_successful=max(none_successful-?9, 0), none_failed=max(none_failed-?10, 0)"
      " WHERE domain=?1 AND day=?2 AND organization=?3 AND authenticity=?4",
      {from.domain, from.day, from.organization, from.authenticity, number(counts[0].successful),
       number(counts[0].failed), number(counts[1].successful), number(counts[1].failed),
       number(counts[2].successful), number(counts[2].failed)});
  constexpr const char* kIsEmpty =
      "SELECT count(*) FROM tlsrpt_line WHERE domain=?1 AND day=?2 AND organization=?3 AND"
      " authenticity=?4 AND reports<=0";
  if (database.number(kIsEmpty, {from.domain, from.day, from.organization, from.authenticity})
          .value_or(0) == 0)
    return;
  database.run(
      "INSERT INTO tlsrpt_failure SELECT domain, day, host, type, organization, ?5, policy_type,"
      " address, network, type_text, reason, sessions FROM tlsrpt_failure WHERE domain=?1 AND"
      " day=?2 AND organization=?3 AND authenticity=?4"
      " ON CONFLICT DO UPDATE SET sessions=min(sessions+excluded.sessions, ?6)",
      {from.domain, from.day, from.organization, from.authenticity, authenticity,
       number(kMostSessionsCounted)});
  for (const char* rows : {"DELETE FROM tlsrpt_failure WHERE domain=?1 AND day=?2 AND"
                           " organization=?3 AND authenticity=?4",
                           "DELETE FROM tlsrpt_line WHERE domain=?1 AND day=?2 AND"
                           " organization=?3 AND authenticity=?4"})
    database.run(rows, {from.domain, from.day, from.organization, from.authenticity});
}

// Senders that report by POST and by mail: the POST comes first, and only the mail is signed.
bool authenticate(Database& database, TextTable& texts, const StoredReport& report,
                  const ReportKey& key) {
  if (report.authenticity != Authenticity::authenticated) return false;
  const auto authenticated = static_cast<int64_t>(report.authenticity);
  LineKey line;
  StoredReport marked = report;
  {
    Rows rows = database.query(
        "SELECT domain, day, organization, authenticity, qualities FROM tlsrpt_report"
        " WHERE key=?1 AND authenticity<>?2 AND organization<>?3",
        {Value::blob(key.key), authenticated, kOthers});
    if (!rows.next()) return false;
    line = {rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3)};
    marked.qualities |= static_cast<Qualities>(rows.integer(4)) & bit(Quality::same_id);
  }
  CountsByType counts = counts_of(report);
  leave_line(database, texts, report, counts, line, authenticated);
  line.authenticity = authenticated;
  DayUse use = read_day(database, line.domain, line.day);
  write_line(database, texts, marked, counts, line, use);
  recount(database, line);
  database.run("UPDATE tlsrpt_report SET authenticity=?2, qualities=?3 WHERE key=?1",
               {Value::blob(key.key), authenticated, marked.qualities});
  return true;
}

}  // namespace

AddOutcome write_report(Database& database, TextTable& texts, const StoredReport& report) {
  ReportKey key = key_of(report);
  constexpr const char* kHasKey = "SELECT count(*) FROM tlsrpt_report WHERE key=?1";
  constexpr const char* kHasIdentity =
      "SELECT EXISTS (SELECT 1 FROM tlsrpt_report WHERE identity=?1)";
  if (database.number(kHasKey, {Value::blob(key.key)}).value_or(0) > 0)
    return authenticate(database, texts, report, key) ? AddOutcome::authenticated
                                                      : AddOutcome::duplicate;
  bool again = database.number(kHasIdentity, {Value::blob(key.identity)}).value_or(0) > 0;
  if (!again) {
    store(database, texts, report, key);
    return AddOutcome::added;
  }
  StoredReport marked = report;
  marked.qualities |= bit(reports::Quality::same_id);
  store(database, texts, marked, key);
  return AddOutcome::added_again;
}

}  // namespace mtasts::report_store
