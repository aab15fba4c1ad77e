// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Any value in any column of the tables of TLS reports: reading, writing and purging go on without
// overflow, index beyond a table or endless loop. Meant for the build with sanitizers.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <vector>

#include "report_store/samples.h"
#include "report_store/sqlite_report_store.h"
#include "reports/result_guide.h"
#include "state/database.h"

namespace mtasts::report_store {
namespace {

const std::vector<std::string>& hostile_values() {
  static const std::vector<std::string> values = {"-9223372036854775807-1",
                                                  "9223372036854775807",
                                                  "-1",
                                                  "64",
                                                  "200",
                                                  "1.5",
                                                  "1e308",
                                                  "9e999",
                                                  "'NaN'",
                                                  "x'00ff'",
                                                  "'a'||char(0)||'b'",
                                                  "zeroblob(20000)"};
  return values;
}

struct Column {
  std::string table;
  std::string name;
};

class Store {
 public:
  Store() {
    state::State::Options options;
    options.path = ":memory:";
    state_ = std::move(*state::State::open(options));
    store_ = std::make_unique<SqliteReportStore>(*state_);
    std::mt19937 random(5);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
    std::vector<reports::StoredReport> batch;
    for (int i = 0; i < 60; ++i) batch.push_back(random_report(random, i));
    for (int i = 0; i < 5; ++i) batch.push_back(sample_report("Org", days_ago(i), i));
    EXPECT_TRUE(store_->add(batch).ok());
  }

  void change(const std::string& sql) {
    state_->with_database([&](state::Database& database) {
      database.execute(sql.c_str());
      database.roll_back();  // a constraint that refuses it is no error of the file
    });
  }
  std::vector<Column> columns() {
    std::vector<Column> columns;
    state_->with_database([&](state::Database& database) {
      state::Rows rows = database.query(
          "SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p"
          " WHERE m.type='table' AND m.name LIKE 'tlsrpt_%'");
      while (rows.next()) columns.push_back({rows.text(0), rows.text(1)});
    });
    return columns;
  }

  // What the agent does with what is stored.
  void use() {
    auto domains = store_->domains();
    std::vector<std::string> names = domains ? *domains : std::vector<std::string>();
    names.resize(std::min<size_t>(names.size(), 4));
    for (const std::string& domain : names) {
      auto summary = store_->summary(domain, 7, kNow);
      if (summary)
        for (const reports::FailureSummary& failure : summary->failures)
          reports::result_guide(failure, domain);
      auto listing = store_->list(domain, 30, 100, kNow);
      if (listing)
        for (const reports::ReportLine& line : listing->lines) {
          EXPECT_LT(static_cast<size_t>(line.authenticity), 3u);
          for (const FailureRow& row : line.failures) reports::result_guide(row, domain);
        }
    }
    (void)store_->add({sample_report("Org", days_ago(0), number_++)}).ok();
    for (int calls = 0; calls < 50; ++calls) {
      auto more = store_->purge(days_ago(2));
      if (!more || !*more) break;
    }
  }

 private:
  std::unique_ptr<state::State> state_;
  std::unique_ptr<SqliteReportStore> store_;
  int number_ = 1000;
};

TEST(DoctoredStore, AnyValueInAnyColumn) {
  const std::vector<Column> columns = Store().columns();
  ASSERT_GT(columns.size(), 40u);
  for (const Column& column : columns) {
    SCOPED_TRACE(column.table + "." + column.name);
    Store store;
    for (const std::string& value : hostile_values()) {
      // Some rows of the table, so that the others still lead to them.
      store.change(
          fmt::format("UPDATE OR IGNORE \"{0}\" SET \"{1}\" = {2} WHERE abs(random()) % 3"
                      " = 0",
                      column.table, column.name, value));
      store.use();
    }
  }
}

TEST(DoctoredStore, AnyValuesInManyColumns) {
  const std::vector<Column> columns = Store().columns();
  std::mt19937 random(17);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  for (int round = 0; round < 30; ++round) {
    SCOPED_TRACE(round);
    Store store;
    for (int i = 0; i < 10; ++i) {
      const Column& column = columns[random() % columns.size()];
      store.change(fmt::format("UPDATE OR IGNORE \"{0}\" SET \"{1}\" = {2}", column.table,
                               column.name, hostile_values()[random() % hostile_values().size()]));
    }
    store.use();
  }
}

TEST(DoctoredStore, AHugeText) {
  Store store;
  store.change(
      "UPDATE OR IGNORE tlsrpt_text SET text = zeroblob(17000000)"
      " WHERE id = (SELECT min(id) FROM tlsrpt_text)");
  store.use();
}

// A day that is no integer is not equal to what is read of it; it must not be found for ever.
TEST(DoctoredStore, PurgesADayThatIsNoInteger) {
  Store store;
  store.change("UPDATE tlsrpt_day SET day = day - 30.5");
  store.use();
  store.change("UPDATE OR IGNORE tlsrpt_day SET domain = 1.5, day = day - 60");
  store.use();
}

}  // namespace
}  // namespace mtasts::report_store
