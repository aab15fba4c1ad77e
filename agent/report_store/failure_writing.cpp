// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/failure_writing.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/printable.h"
#include "protocol/tlsrpt/result_type.h"
#include "report_store/report_writing.h"
#include "report_store/session_limit.h"

namespace mtasts::report_store {
namespace {

using reports::FailureRow;
using reports::StoredReport;
using state::Database;

// Coarser rows come at the end of a day's bound. Those of the others are always possible.
struct Limits {
  int64_t full;
  int64_t hosts;
  int64_t types;
};
constexpr int64_t kRowsOfOthers =
    int64_t{protocol::kResultTypes.size()} * int64_t{protocol::kReportPolicyTypes.size()} * 3;
constexpr Limits kAuthenticated{kMostFailures * 3 / 4, kMostFailures * 17 / 20,
                                kMostFailures - kRowsOfOthers};
constexpr Limits kNotAuthenticated{kMostFailures * 3 / 5, kMostFailures * 7 / 10,
                                   kMostFailures * 3 / 4};

// A failure without what a coarser row leaves out.
struct Row {
  int64_t policy_type = 0;
  int64_t type = 0;
  std::string_view host;
  std::string_view address;
  std::string_view network;
  std::string_view type_text;

  auto operator<=>(const Row&) const = default;
};

struct Sum {
  uint64_t sessions = 0;
  std::string_view reason;
};

Row row_of(const FailureRow& failure) {
  auto cut = [](const std::string& text) { return cut_text(text, kTextLimit_bytes); };
  return {static_cast<int64_t>(failure.policy_type),
          static_cast<int64_t>(failure.type),
          cut(failure.receiving_mx),
          cut(failure.receiving_ip),
          cut(failure.sending_network),
          failure.type == protocol::ResultType::other ? cut(failure.type_text) : ""};
}

class FailureWriter {
 public:
  FailureWriter(Database& database, TextTable& texts, LineKey line, DayUse& use, bool authenticated)
      : database_(database),
        texts_(texts),
        line_(line),
        use_(use),
        limits_(authenticated ? kAuthenticated : kNotAuthenticated) {
    rows_ = database_
                .number(
                    "SELECT failures FROM tlsrpt_line WHERE domain=?1 AND day=?2 AND"
                    " organization=?3 AND authenticity=?4",
                    {line.domain, line.day, line.organization, line.authenticity})
                .value_or(0);
    had_rows_ = rows_ > 0;
  }

  void write(const StoredReport& report);

 private:
  using Sums = std::map<Row, Sum>;

  // The rows that fit are written, the others are added to `coarser`.
  void write_level(const Sums& sums, int64_t limit, int64_t line_limit, Sums& coarser,
                   Row (*coarsen)(Row));
  bool exists(const Row& row);
  void write_row(const Row& row, const Sum& sum, int64_t organization);

  Database& database_;
  TextTable& texts_;
  const LineKey line_;
  DayUse& use_;
  const Limits limits_;
  int64_t rows_ = 0;  // of the line
  bool had_rows_ = false;
};

void add(std::map<Row, Sum>& sums, const Row& row, uint64_t sessions, std::string_view reason) {
  Sum& sum = sums[row];
  add_sessions(sum.sessions, sessions);
  if (sum.reason.empty()) sum.reason = reason;
}

// Only where the text is known already: this row may not be written.
bool FailureWriter::exists(const Row& row) {
  if (!had_rows_) return false;
  std::array<int64_t, 4> numbers{};
  const std::array<std::string_view, 4> texts{row.host, row.address, row.network, row.type_text};
  for (size_t i = 0; i < texts.size(); ++i) {
    numbers[i] = texts_.find(texts[i]);
    if (numbers[i] == kNoText && !texts[i].empty()) return false;
  }
  return database_
             .number(
                 "SELECT count(*) FROM tlsrpt_failure WHERE domain=?1 AND day=?2 AND host=?3 AND"
                 " type=?4 AND organization=?5 AND authenticity=?6 AND policy_type=?7 AND"
                 " address=?8 AND network=?9 AND type_text=?10",
                 {line_.domain, line_.day, numbers[0], row.type, line_.organization,
                  line_.authenticity, row.policy_type, numbers[1], numbers[2], numbers[3]})
             .value_or(0) > 0;
}

void FailureWriter::write_row(const Row& row, const Sum& sum, int64_t organization) {
  int64_t host = texts_.put(row.host, line_.day);
  auto sessions = static_cast<int64_t>(sum.sessions);
  auto most = static_cast<int64_t>(kMostSessionsCounted);
  constexpr const char* kUpdate =
      "UPDATE tlsrpt_failure SET sessions=min(sessions+?11, ?12),"
      " reason=CASE reason WHEN 0 THEN ?13 ELSE reason END"
      " WHERE domain=?1 AND day=?2 AND host=?3 AND type=?4 AND organization=?5 AND authenticity=?6"
      " AND policy_type=?7 AND address=?8 AND network=?9 AND type_text=?10";
  int64_t address = texts_.put(row.address, line_.day);
  int64_t network = texts_.put(row.network, line_.day);
  int64_t type_text = texts_.put(row.type_text, line_.day);
  int64_t reason = texts_.put(sum.reason, line_.day);
  database_.run(kUpdate, {line_.domain, line_.day, host, row.type, organization, line_.authenticity,
                          row.policy_type, address, network, type_text, sessions, most, reason});
  if (database_.failed() || database_.changed_rows() > 0) return;
  database_.run(
      "INSERT INTO tlsrpt_failure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
      {line_.domain, line_.day, host, row.type, organization, line_.authenticity, row.policy_type,
       address, network, type_text, reason, sessions});
  database_.run("INSERT OR IGNORE INTO tlsrpt_failing_host VALUES (?1, ?2, ?3)",
                {line_.domain, host, line_.day});
  ++use_.failures;
  rows_ += organization == line_.organization ? 1 : 0;
}

void FailureWriter::write_level(const Sums& sums, int64_t limit, int64_t line_limit, Sums& coarser,
                                Row (*coarsen)(Row)) {
  // Where not all fit, those with the most sessions.
  std::vector<Sums::const_iterator> order;
  for (auto place = sums.begin(); place != sums.end(); ++place) order.push_back(place);
  int64_t room = std::min(limit - use_.failures, line_limit - rows_);
  if (static_cast<int64_t>(order.size()) > room)
    std::ranges::stable_sort(
        order, [](auto a, auto b) { return a->second.sessions > b->second.sessions; });
  for (const auto& place : order) {
    const auto& [row, sum] = *place;
    bool fits = use_.failures < limit && rows_ < line_limit;
    if (fits || exists(row))
      write_row(row, sum, line_.organization);
    else
      add(coarser, coarsen(row), sum.sessions, {});
  }
}

void FailureWriter::write(const StoredReport& report) {
  Sums full;
  for (const FailureRow& failure : report.failures) {
    if (failure.sessions == 0) continue;
    use_.types |= int64_t{1} << static_cast<int64_t>(failure.type);
    add(full, row_of(failure), failure.sessions, failure.reason);
  }
  Sums hosts;
  Sums types;
  Sums others;
  if (line_.organization != kOthers) {
    write_level(full, limits_.full, kMostFailuresOfLine, hosts, [](Row row) {
      row.address = row.network = row.type_text = {};
      return row;
    });
    auto without_host = [](Row row) {
      row.host = {};
      return row;
    };
    write_level(hosts, limits_.hosts, kMostFailures, types, without_host);
    write_level(types, limits_.types, kMostFailures, others, without_host);
  } else {
    for (const auto& [row, sum] : full)
      add(others, {row.policy_type, row.type, {}, {}, {}, {}}, sum.sessions, {});
  }
  for (const auto& [row, sum] : others) write_row(row, sum, kOthers);
  database_.run(
      "UPDATE tlsrpt_line SET failures=?5 WHERE domain=?1 AND day=?2 AND organization=?3 AND"
      " authenticity=?4",
      {line_.domain, line_.day, line_.organization, line_.authenticity, rows_});
}

}  // namespace

void move_failures(Database& database, const TextTable& texts, const StoredReport& report,
                   LineKey from, int64_t authenticity) {
  std::map<Row, Sum> rows;
  for (const FailureRow& failure : report.failures)
    if (failure.sessions > 0) add(rows, row_of(failure), failure.sessions, failure.reason);
  constexpr const char* kTo =
      "INSERT INTO tlsrpt_failure SELECT domain, day, host, type, organization, ?12, policy_type,"
      " address, network, type_text, reason, min(sessions, ?11) FROM tlsrpt_failure"
      " WHERE domain=?1 AND day=?2 AND host=?3 AND type=?4 AND organization=?5 AND authenticity=?6"
      " AND policy_type=?7 AND address=?8 AND network=?9 AND type_text=?10"
      " ON CONFLICT DO UPDATE SET sessions=min(sessions+excluded.sessions, ?13)";
  constexpr const char* kFrom =
      "UPDATE tlsrpt_failure SET sessions=max(sessions-?11, 0)"
      " WHERE domain=?1 AND day=?2 AND host=?3 AND type=?4 AND organization=?5 AND authenticity=?6"
      " AND policy_type=?7 AND address=?8 AND network=?9 AND type_text=?10";
  for (const auto& [row, sum] : rows) {
    const int64_t host = texts.find(row.host);
    const int64_t address = texts.find(row.address);
    const int64_t network = texts.find(row.network);
    const int64_t type_text = texts.find(row.type_text);
    const auto sessions = static_cast<int64_t>(sum.sessions);
    database.run(kTo, {from.domain, from.day, host, row.type, from.organization, from.authenticity,
                       row.policy_type, address, network, type_text, sessions, authenticity,
                       static_cast<int64_t>(kMostSessionsCounted)});
    database.run(kFrom,
                 {from.domain, from.day, host, row.type, from.organization, from.authenticity,
                  row.policy_type, address, network, type_text, sessions});
  }
  database.run(
      "DELETE FROM tlsrpt_failure WHERE domain=?1 AND day=?2 AND organization=?3 AND"
      " authenticity=?4 AND sessions=0",
      {from.domain, from.day, from.organization, from.authenticity});
}

void write_failures(Database& database, TextTable& texts, const StoredReport& report, LineKey line,
                    DayUse& use) {
  if (report.failures.empty()) return;
  FailureWriter writer(database, texts, line, use,
                       report.authenticity == reports::Authenticity::authenticated);
  writer.write(report);
}

}  // namespace mtasts::report_store
