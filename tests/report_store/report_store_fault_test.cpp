// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Every allocation of SQLite and every call of the operating system fails once, or from then on
// until it is mended: a call of the store returns its error or the whole result, a batch is stored
// in full or not at all, and is counted once when it is repeated.
#include <filesystem>

#include "report_store/samples.h"
#include "report_store/sqlite_report_store.h"
#include "state/database.h"
#include "state/failing_sqlite.h"

namespace mtasts::report_store {
namespace {

namespace fs = std::filesystem;
using state::FailingSqlite;
using state::Fault;
using state::Lasting;

constexpr const char* kDomain = "a.example";
constexpr int kDays = 30;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "mtasts-reports-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string file() const { return (path_ / "state.db").string(); }
  // Names beside the four that belong there.
  size_t others() const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path_)) {
      const std::string name = entry.path().filename().string();
      if (name != "state.db" && name != "state.db-wal" && name != "state.db-shm" &&
          name != "state.db.lock")
        ++count;
    }
    return count;
  }

 private:
  fs::path path_;
};

std::unique_ptr<state::State> state_at(const std::string& path) {
  state::State::Options options;
  options.path = path;
  auto state = state::State::open(options);
  if (!state) std::abort();
  return std::move(*state);
}

// Two reports with failures of several organizations, about several days.
std::vector<StoredReport> batch_of(int first) {
  std::vector<StoredReport> batch;
  for (int number = first; number < first + 2; ++number) {
    StoredReport report =
        sample_report("org" + std::to_string(number % 3), days_ago(number), number);
    report.policies = {sts_row(90, 10), policy_row(ReportPolicyType::tlsa, 5, 1)};
    report.failures = {failure_row(ResultType::certificate_expired, "mx1.example", 7),
                       failure_row(ResultType::starttls_not_supported, "mx2.example", 3)};
    batch.push_back(std::move(report));
  }
  return batch;
}
constexpr int kOld = 1;
constexpr int kNew = 10;

uint64_t reports_in(ReportStore& store) {
  auto summary = store.summary(kDomain, kDays, kNow);
  EXPECT_TRUE(summary.ok()) << summary.failure().detail;
  return summary ? summary->totals.reports : 0;
}

class ReportFaults : public ::testing::TestWithParam<Fault> {
 protected:
  // Runs the operation for each call that may fail, with a store that holds the old batch and a
  // function that calls another one with the fault and says whether it struck; the operation
  // returns the same.
  template <typename Operation>
  void for_each_call(Operation operation) {
    for (Lasting lasting : {Lasting::once, Lasting::until_mended}) {
      state::for_every_failure([&](int number) {
        SCOPED_TRACE(std::string(name_of(GetParam())) + ", call " + std::to_string(number) +
                     (lasting == Lasting::once ? "" : " and all later ones"));
        const Folder folder;
        fs::copy_file(template_->file(), folder.file());
        auto state = state_at(folder.file());
        SqliteReportStore store(*state);
        auto with_fault = [&](auto task) {
          FailingSqlite failing(GetParam(), number, lasting);
          task();
          return failing.failures() > 0;
        };
        const bool failed = operation(store, with_fault);
        expect_sound(*state);
        expect_not_durable(*state);
        EXPECT_EQ(folder.others(), 0u) << "a file was set aside";
        return failed && !HasFailure();
      });
    }
  }

  static void expect_sound(state::State& state) {
    auto error = state.with_database([](state::Database& database) {
      state::Rows rows = database.query("PRAGMA integrity_check");
      EXPECT_TRUE(rows.next() && rows.text(0) == "ok");
    });
    EXPECT_EQ(error.text, "");
  }

  // DurableCommits is undone, so that the state's own writes do not wait for the disk.
  static void expect_not_durable(state::State& state) {
    auto error = state.with_database(
        [](state::Database& database) { EXPECT_EQ(database.number("PRAGMA synchronous"), 1); });
    EXPECT_EQ(error.text, "");
  }

  static void SetUpTestSuite() {
    template_ = std::make_unique<Folder>();
    auto state = state_at(template_->file());
    EXPECT_TRUE(SqliteReportStore(*state).add(batch_of(kOld)).ok());
  }
  static void TearDownTestSuite() { template_.reset(); }

 private:
  static inline std::unique_ptr<Folder> template_;
};
INSTANTIATE_TEST_SUITE_P(Sqlite, ReportFaults, ::testing::ValuesIn(state::kFaults));

TEST_P(ReportFaults, ABatchIsStoredInFullOrNotAtAllAndCountsOnce) {
  for_each_call([](ReportStore& store, const auto& with_fault) {
    Result<std::vector<AddOutcome>> added = Failure{FailureKind::io, "not added"};
    const bool failed = with_fault([&] { added = store.add(batch_of(kNew)); });
    EXPECT_TRUE(failed || added.ok());
    if (!added) {
      EXPECT_EQ(added.failure().kind, FailureKind::io);
      EXPECT_NE(added.failure().detail.find("cannot store TLS reports: "), std::string::npos)
          << added.failure().detail;
    }
    const uint64_t reports = reports_in(store);
    EXPECT_TRUE(reports == 4 || (reports == 2 && !added)) << reports;
    auto again = store.add(batch_of(kNew));
    EXPECT_TRUE(again.ok());
    if (again) {
      const AddOutcome wanted = reports == 4 ? AddOutcome::duplicate : AddOutcome::added;
      EXPECT_EQ(*again, (std::vector<AddOutcome>{wanted, wanted}));
    }
    EXPECT_EQ(reports_in(store), 4u);
    return failed;
  });
}

TEST_P(ReportFaults, WhatIsReadIsWholeOrAnError) {
  for_each_call([](ReportStore& store, const auto& with_fault) {
    const auto summary = store.summary(kDomain, kDays, kNow);
    const auto listing = store.list(kDomain, kDays, 100, kNow);
    Result<reports::DomainSummary> seen_summary = Failure{FailureKind::io, "not read"};
    Result<reports::ReportListing> seen_listing = Failure{FailureKind::io, "not read"};
    Result<std::vector<std::string>> domains = Failure{FailureKind::io, "not read"};
    const bool failed = with_fault([&] {
      seen_summary = store.summary(kDomain, kDays, kNow);
      seen_listing = store.list(kDomain, kDays, 100, kNow);
      domains = store.domains();
    });
    EXPECT_TRUE(failed || (seen_summary.ok() && seen_listing.ok() && domains.ok()));
    if (seen_summary) expect_equal(*seen_summary, *summary);
    if (seen_listing) expect_equal(*seen_listing, *listing);
    if (domains) {
      EXPECT_EQ(*domains, std::vector<std::string>{kDomain});
    }
    expect_equal(*store.summary(kDomain, kDays, kNow), *summary);
    return failed;
  });
}

TEST_P(ReportFaults, APurgeGoesOnWhereItFailed) {
  for_each_call([](ReportStore& store, const auto& with_fault) {
    auto purge_all = [&](bool& whole) {
      for (int calls = 0; calls < 1000; ++calls) {
        auto more = store.purge(kToday);
        if (!more) return;
        whole = !*more;
        if (whole) return;
      }
    };
    bool whole = false;
    const bool failed = with_fault([&] { purge_all(whole); });
    EXPECT_TRUE(failed || whole);
    whole = false;
    purge_all(whole);
    EXPECT_TRUE(whole);
    auto summary = store.summary(kDomain, kDays, kNow);
    EXPECT_TRUE(summary.ok());
    if (summary) {
      EXPECT_EQ(summary->totals.reports, 2u) << "what is purged still counts";
    }
    auto listing = store.list(kDomain, kDays, 100, kNow);
    EXPECT_TRUE(listing.ok() && listing->lines.empty());
    return failed;
  });
}

}  // namespace
}  // namespace mtasts::report_store
