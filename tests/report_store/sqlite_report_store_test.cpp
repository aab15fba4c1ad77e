// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The store in the state file: the contract, its bounds, and what a failing disk does.
#include "report_store/sqlite_report_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "fakes/full_disk.h"
#include "report_store/contract.h"
#include "report_store/report_writing.h"
#include "state/database.h"

namespace mtasts::report_store {
namespace {

using fakes::FullDisk;

std::unique_ptr<state::State> open_state(const std::string& path) {
  state::State::Options options;
  options.path = path;
  auto state = state::State::open(options);
  EXPECT_TRUE(state.ok()) << state.failure().detail;
  return std::move(*state);
}

class InMemory {
 public:
  ReportStore& store() { return store_; }
  void reopen() {}

 private:
  std::unique_ptr<state::State> state_ = open_state(":memory:");
  SqliteReportStore store_{*state_};
};

class InFile {
 public:
  InFile() {
    std::string name = (std::filesystem::temp_directory_path() / "mtasts-reports-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    reopen();
  }
  InFile(const InFile&) = delete;
  InFile& operator=(const InFile&) = delete;
  ~InFile() {
    close();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  ReportStore& store() { return *store_; }
  state::State& state() { return *state_; }
  std::string path() const { return (folder_ / "state.db").string(); }
  void close() {
    store_.reset();
    state_.reset();
  }
  void reopen() {
    close();
    state_ = open_state(path());
    store_ = std::make_unique<SqliteReportStore>(*state_);
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<state::State> state_;
  std::unique_ptr<SqliteReportStore> store_;
};

using Stores = ::testing::Types<InMemory, InFile>;
INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, ReportStoreContract, Stores);

reports::DomainSummary summary_of(ReportStore& store) {
  return *store.summary("a.example", 7, kNow);
}

int64_t rows_in(state::State& state, const std::string& table) {
  int64_t rows = 0;
  const std::string sql = "SELECT count(*) FROM " + table;
  auto error = state.with_database([&](state::Database& database) {
    database.execute("CREATE TEMP TABLE IF NOT EXISTS counted (n)");
    database.execute(("DELETE FROM counted; INSERT INTO counted " + sql).c_str());
    rows = database.number("SELECT n FROM counted").value_or(-1);
  });
  EXPECT_EQ(error.text, "");
  return rows;
}

uint64_t failed_sessions(const reports::DomainSummary& summary) {
  uint64_t sessions = 0;
  for (const auto& failure : summary.failures)
    for (const auto& counts : failure.sessions) sessions += counts.failed;
  return sessions;
}

// A POST authenticates nobody; the signed mail of the same report comes later.
TEST(ReportAuthentication, OfAKnownReportCounts) {
  for (bool beside_another : {false, true}) {
    InFile file;
    StoredReport report = sample_report("Google", days_ago(1));
    report.authenticity = Authenticity::unknown;
    report.policies = {sts_row(90, 10)};
    report.failures = {failure_row(ResultType::certificate_expired, "mx.example", 10)};
    StoredReport other = report;
    other.key = other.identity = "another";
    ASSERT_TRUE(file.store().add({report}).ok());
    if (beside_another) {
      ASSERT_TRUE(file.store().add({other}).ok());
    }
    report.authenticity = Authenticity::authenticated;
    EXPECT_EQ(*file.store().add({report}), std::vector{AddOutcome::authenticated});
    EXPECT_EQ(*file.store().add({report}), std::vector{AddOutcome::duplicate});
    const uint64_t reports = beside_another ? 2 : 1;
    auto summary = summary_of(file.store());
    EXPECT_EQ(summary.totals.reports, reports);
    EXPECT_EQ(summary.counts[1], (reports::SessionCounts{90 * reports, 10 * reports}));
    ASSERT_EQ(summary.organizations.size(), 1u);
    EXPECT_EQ(summary.organizations[0].authenticated_counts[1], (reports::SessionCounts{90, 10}));
    ASSERT_EQ(summary.failures.size(), 1u);
    EXPECT_EQ(summary.failures[0].sessions[1].failed, 10 * reports);
    EXPECT_EQ(summary.failures[0].authenticated_sessions, 10u);
    EXPECT_EQ(rows_in(file.state(), "tlsrpt_line"), static_cast<int64_t>(reports));
    EXPECT_EQ(rows_in(file.state(), "tlsrpt_failure"), static_cast<int64_t>(reports));
  }
}

TEST(ReportBounds, TenThousandOrganizationsInADay) {
  InFile file;
  std::vector<StoredReport> batch;
  for (int i = 0; i < 10000; ++i) {
    StoredReport report = sample_report("org" + std::to_string(i), days_ago(1), i);
    report.report_id = std::string(5000, 'x');
    report.policies = {sts_row(1, 2)};
    report.policies[0].policy += std::to_string(i);
    report.failures = {failure_row(ResultType::validation_failure, "mx" + std::to_string(i), 2)};
    batch.push_back(report);
  }
  ASSERT_TRUE(file.store().add(batch).ok());
  StoredReport signed_one = sample_report("Google", days_ago(1));
  signed_one.authenticity = Authenticity::authenticated;
  signed_one.failures = {failure_row(ResultType::certificate_expired, "mx.example", 7)};
  ASSERT_TRUE(file.store().add({signed_one}).ok());
  EXPECT_EQ(rows_in(file.state(), "tlsrpt_line"), kMostLines * 4 / 5 + 2);
  EXPECT_LE(rows_in(file.state(), "tlsrpt_failure"), kMostFailures);
  EXPECT_LE(rows_in(file.state(), "tlsrpt_policy"), kMostPolicies);
  EXPECT_LT(rows_in(file.state(), "tlsrpt_text"), 5000);
  auto summary = summary_of(file.store());
  EXPECT_EQ(summary.counts[1], (reports::SessionCounts{10100, 20000}));
  EXPECT_EQ(summary.totals.reports, 10001u);
  EXPECT_EQ(summary.totals.failures[4], 20000u);
  EXPECT_EQ(summary.organizations.size() + summary.organizations_dropped, 802u);
  EXPECT_EQ(summary.organizations[0].name, "Google") << "crowded out by nobody";
  EXPECT_EQ(file.store().list("a.example", 7, 100000, kNow)->lines.size(), 802u);
  // The others are no organization with a name.
  for (const auto& one : summary.organizations) EXPECT_NE(one.name, reports::kOtherOrganizations);
  EXPECT_EQ(*file.store().add({batch[9999]}), std::vector{AddOutcome::duplicate});
}

TEST(ReportBounds, AHundredThousandFailuresInAReport) {
  InFile file;
  StoredReport report = sample_report("Microsoft", days_ago(1));
  uint64_t sessions = 0;
  for (int i = 0; i < 100000; ++i) {
    FailureRow row = failure_row(ResultType::certificate_expired,
                                 "mx" + std::to_string(i % 5) + ".example", 1 + i % 3);
    row.sending_network = std::to_string(i);
    sessions += row.sessions;
    report.failures.push_back(row);
  }
  report.failures.push_back(failure_row(ResultType::dnssec_invalid, "rare.example", 1));
  ASSERT_TRUE(file.store().add({report}).ok());
  EXPECT_EQ(rows_in(file.state(), "tlsrpt_failure"), kMostFailuresOfLine + 6);
  auto summary = summary_of(file.store());
  EXPECT_EQ(failed_sessions(summary), sessions + 1);
  EXPECT_EQ(summary.totals.failures[2], sessions);
  ASSERT_EQ(summary.failures.size(), 6u) << "hosts are kept as long as possible";
  EXPECT_EQ(summary.failures.back().receiving_mx, "rare.example");
  // The same again: known rows still count.
  report.key = "again";
  ASSERT_TRUE(file.store().add({report}).ok());
  EXPECT_EQ(rows_in(file.state(), "tlsrpt_failure"), kMostFailuresOfLine + 6);
  EXPECT_EQ(failed_sessions(summary_of(file.store())), 2 * (sessions + 1));
}

TEST(ReportBounds, AHostileDayKeepsSumsAndTypes) {
  InFile file;
  uint64_t sessions = 0;
  for (int organization = 0; organization < 30; ++organization) {
    StoredReport report = sample_report("org" + std::to_string(organization), days_ago(1));
    report.authenticity = organization < 15 ? Authenticity::unknown : Authenticity::authenticated;
    for (int i = 0; i < 600; ++i) {
      FailureRow row = failure_row(protocol::kResultTypes[static_cast<size_t>(i % 12)],
                                   std::to_string(organization) + "-" + std::to_string(i), 3);
      row.policy_type = protocol::kReportPolicyTypes[static_cast<size_t>(i % 3)];
      row.reason = std::string(300, 'r') + std::to_string(i);
      report.failures.push_back(row);
      sessions += 3;
    }
    ASSERT_TRUE(file.store().add({report}).ok());
  }
  EXPECT_LE(rows_in(file.state(), "tlsrpt_failure"), kMostFailures);
  auto summary = summary_of(file.store());
  uint64_t total = 0;
  for (uint64_t one : summary.totals.failures) total += one;
  EXPECT_EQ(total, sessions);
  int64_t stored = 0;
  auto error = file.state().with_database([&](state::Database& database) {
    stored = database.number("SELECT sum(sessions) FROM tlsrpt_failure").value_or(0);
  });
  EXPECT_EQ(error.trouble, state::ErrorClass::none);
  EXPECT_EQ(static_cast<uint64_t>(stored), sessions);
}

TEST(ReportBounds, LongTextsAreCut) {
  InFile file;
  StoredReport report = sample_report(std::string(255, 'o') +
                                          "\xc3\xa4"
                                          "end",
                                      days_ago(1));
  report.policies[0].policy = std::string(100000, 'p');
  ASSERT_TRUE(file.store().add({report}).ok());
  auto summary = summary_of(file.store());
  EXPECT_EQ(summary.organizations[0].name, std::string(255, 'o')) << "not within a character";
  EXPECT_EQ(summary.policies[0].policy.size(), kPolicyLimit_bytes);
}

TEST(ReportPurge, LeavesNothingBehind) {
  InFile file;
  std::mt19937 random(7);  // NOLINT
  for (int i = 0; i < 20; ++i) {
    std::vector<StoredReport> batch;
    for (int j = 0; j < 100; ++j) batch.push_back(random_report(random, 100 * i + j));
    ASSERT_TRUE(file.store().add(batch).ok());
  }
  int calls = 1;
  while (*file.store().purge(kToday + std::chrono::days(30))) ++calls;
  EXPECT_GT(calls, 1) << "in steps";
  for (const char* table :
       {"tlsrpt_text", "tlsrpt_report", "tlsrpt_organization", "tlsrpt_day", "tlsrpt_line",
        "tlsrpt_policy", "tlsrpt_failure", "tlsrpt_failing_host"})
    EXPECT_EQ(rows_in(file.state(), table), 0) << table;
  EXPECT_EQ(file.store().domains()->size(), 3u) << "totals remain";
  while (*file.store().purge(kToday + std::chrono::days(500))) continue;
  EXPECT_TRUE(file.store().domains()->empty());
  EXPECT_EQ(rows_in(file.state(), "tlsrpt_failure_total"), 0);
}

int64_t synchronous(state::State& state) {
  int64_t level = -1;
  auto error = state.with_database([&](state::Database& database) {
    // A statement of its own, because the pragma acts when it is compiled.
    static const char* const kQueries[] = {"PRAGMA synchronous", "PRAGMA synchronous ",
                                           "PRAGMA  synchronous"};
    static size_t next = 0;
    level = database.number(kQueries[next++ % 3]).value_or(-1);
  });
  EXPECT_EQ(error.text, "");
  return level;
}

TEST(ReportStoreFailure, AFullDiskStoresAllOfABatchOrNothing) {
  InFile file;
  ASSERT_TRUE(file.store().add({sample_report("before", days_ago(1))}).ok());
  std::vector<StoredReport> batch;
  for (int i = 0; i < 3000; ++i)
    batch.push_back(sample_report("org" + std::to_string(i), days_ago(1), i));
  {
    FullDisk full(128 << 10);
    auto outcomes = file.store().add(batch);
    ASSERT_FALSE(outcomes.ok());
    EXPECT_EQ(outcomes.failure().kind, FailureKind::io);
    EXPECT_NE(outcomes.failure().detail.find("cannot store TLS reports: "), std::string::npos)
        << outcomes.failure().detail;
    EXPECT_EQ(summary_of(file.store()).totals.reports, 1u);
  }
  ASSERT_TRUE(file.store().add(batch).ok());
  EXPECT_EQ(summary_of(file.store()).totals.reports, 3001u);
  EXPECT_EQ(synchronous(file.state()), 1) << "as the state wants it";
}

TEST(ReportStoreFailure, ALockedFileIsAnError) {
  InFile file;
  state::DatabaseError error;
  auto foreign = state::Database::open(file.path(), state::Access::write, error);
  ASSERT_TRUE(foreign->begin());
  EXPECT_FALSE(file.store().add({sample_report("one", days_ago(1))}).ok());
  foreign->roll_back();
  EXPECT_TRUE(file.store().add({sample_report("one", days_ago(1))}).ok());
}

TEST(ReportStoreFailure, ACorruptFileIsReplaced) {
  InFile file;
  std::vector<StoredReport> batch;
  for (int i = 0; i < 8000; ++i)  // more than the cache holds
    batch.push_back(sample_report("org" + std::to_string(i), days_ago(i % 80), i));
  ASSERT_TRUE(file.store().add(batch).ok());
  file.reopen();
  {
    std::fstream stream(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(4096);
    stream << std::string(std::filesystem::file_size(file.path()) - 4096, '\x7f');
  }
  batch.resize(3000);
  for (StoredReport& report : batch) report.key += " of the next day";
  auto outcomes = file.store().add(batch);
  ASSERT_TRUE(outcomes.ok()) << outcomes.failure().detail;
  EXPECT_EQ(outcomes->front(), AddOutcome::added);
  EXPECT_EQ(summary_of(file.store()).totals.reports, 3000u);
}

// A child stores reports and tells which are stored; it is killed while it does.
TEST(ReportStoreFailure, WhatWasAddedSurvivesAKill) {
  InFile file;
  file.close();
  int stored = 0;
  for (int death = 0; death < 20; ++death) {
    int pipe_ends[2];
    ASSERT_EQ(pipe(pipe_ends), 0);
    pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(pipe_ends[0]);
      auto state = open_state(file.path());
      SqliteReportStore store(*state);
      for (int i = stored;; ++i) {
        StoredReport report = sample_report("Google", days_ago(1), i);
        if (!store.add({report}).ok() || write(pipe_ends[1], &i, sizeof i) != sizeof i) _exit(1);
      }
    }
    close(pipe_ends[1]);
    int last = 0;
    for (int i = 0; i < 5 + death; ++i)
      if (read(pipe_ends[0], &last, sizeof last) != sizeof last) break;
    ASSERT_EQ(kill(child, SIGKILL), 0);
    while (read(pipe_ends[0], &last, sizeof last) == sizeof last) continue;
    close(pipe_ends[0]);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    stored = last + 1;
    file.reopen();
    uint64_t reports = summary_of(file.store()).totals.reports;
    EXPECT_GE(reports, static_cast<uint64_t>(stored));
    EXPECT_LE(reports, static_cast<uint64_t>(stored) + 1) << "the last may not have been told";
    EXPECT_EQ(summary_of(file.store()).counts[1].successful, 100 * reports);
    stored = static_cast<int>(reports);
    file.close();
  }
}

}  // namespace
}  // namespace mtasts::report_store
