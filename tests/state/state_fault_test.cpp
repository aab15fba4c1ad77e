// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Every allocation of SQLite and every call of the operating system fails once, or from then on
// until it is mended: nothing crashes or leaks, the file holds the old or the new and never half,
// it is never set aside, and the writer goes on when the fault has ended.
#include <filesystem>
#include <future>
#include <set>

#include "state/failing_sqlite.h"
#include "state/retention.h"
#include "state/schema.h"
#include "state/state_file_fixture.h"

namespace mtasts::state {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kDomains{"a.example", "b.example"};

void remember_all(State& state, uint64_t revision) {
  for (const std::string& domain : kDomains) {
    Plain plain;
    plain.domain = domain;
    plain.revision = revision;
    plain.at = at_second(static_cast<int64_t>(revision));
    plain.message = "revision " + std::to_string(revision);
    plain.changes = {{plain.at, "record_id", "", "", std::to_string(revision)}};
    plain.facts = sample_facts("mx." + domain, plain.at, "f" + std::to_string(revision));
    state.remember(plain_report(plain), plain_stages(plain.at));
  }
  state.flush();
}

// The revision that every part of what is remembered agrees on, or 0 with a failed test.
uint64_t revision_of(const Remembered& known, const std::string& domain) {
  const uint64_t revision = known.report->history->revision;
  const std::string number = std::to_string(revision);
  const Time at = at_second(static_cast<int64_t>(revision));
  EXPECT_EQ(known.report->domain, domain);
  EXPECT_EQ(known.report->checked_at, at);
  EXPECT_EQ(known.report->suggested_policy, "revision " + number);
  EXPECT_EQ(known.report->history->last_id, number);
  EXPECT_EQ(known.stages[0].at, at);
  if (known.report->mx.size() != 1 || known.report->mx[0].facts == nullptr) {
    ADD_FAILURE() << domain << " has no MX host";
    return 0;
  }
  EXPECT_EQ(known.report->mx[0].facts->probed_at, at);
  return revision;
}

// The revision of the file at the path; the copy of the file is what a crash would leave.
uint64_t revision_in(const TemporaryFolder& folder, const std::string& path) {
  const std::string copy = folder.file("copy.db");
  for (const char* part : {"", "-wal"}) {
    std::error_code ignored;
    fs::remove(copy + part, ignored);
    fs::copy_file(path + part, copy + part, ignored);
  }
  std::set<uint64_t> revisions;
  for (const std::string& domain : kDomains) {
    auto read = read_state(copy, domain);
    if (!read) {
      ADD_FAILURE() << read.failure().detail;
      return 0;
    }
    if (read->remembered.empty()) {
      revisions.insert(0);
      continue;
    }
    revisions.insert(revision_of(read->remembered[0], domain));
    // Those of the domain and of its host's certificate.
    EXPECT_EQ(read->timeline.changes.size(), *revisions.rbegin() * 2 - 1);
  }
  fs::remove(copy + "-shm");
  EXPECT_EQ(revisions.size(), 1u) << "a transaction is written in part";
  return *revisions.begin();
}

void expect_nothing_set_aside(const TemporaryFolder& folder) {
  for (const std::string& name : folder.files("state.db"))
    EXPECT_TRUE(name == "state.db" || name == "state.db-wal" || name == "state.db-shm" ||
                name == "state.db.lock")
        << name;
}

class Faults : public ::testing::TestWithParam<Fault> {
 protected:
  // Runs the operation for each call that may fail, with a fresh copy of the same file and a
  // function that calls another one with the fault and says whether it struck; the operation
  // returns the same.
  template <typename Operation>
  void for_each_call(Operation operation) {
    for (Lasting lasting : {Lasting::once, Lasting::until_mended}) {
      for_every_failure([&](int number) {
        SCOPED_TRACE(std::string(name_of(GetParam())) + ", call " + std::to_string(number) +
                     (lasting == Lasting::once ? "" : " and all later ones"));
        const TemporaryFolder folder;
        fs::copy_file(template_, folder.file());
        auto with_fault = [&](auto task, Lasting* how = nullptr) {
          if (how != nullptr) *how = lasting;
          FailingSqlite failing(GetParam(), number, lasting);
          task();
          return failing.failures() > 0;
        };
        const bool failed = operation(folder, with_fault);
        expect_nothing_set_aside(folder);
        return failed && !HasFailure();
      });
    }
  }

  static void SetUpTestSuite() {
    folder_ = std::make_unique<TemporaryFolder>();
    template_ = folder_->file("template.db");
    remember_all(*open_state(template_), 1);
  }
  static void TearDownTestSuite() { folder_.reset(); }

 private:
  static inline std::unique_ptr<TemporaryFolder> folder_;
  static inline std::string template_;
};
INSTANTIATE_TEST_SUITE_P(Sqlite, Faults, ::testing::ValuesIn(kFaults));

TEST_P(Faults, AWriteIsWholeOrNotDoneAndIsRepeated) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    auto state = open_state(folder.file());
    const bool failed = with_fault([&] { remember_all(*state, 2); });
    const bool written = state->backlog() == 0;
    EXPECT_EQ(state->writable(), written);
    EXPECT_TRUE(failed || written);
    EXPECT_EQ(revision_in(folder, folder.file()), written ? 2u : 1u);
    state->flush();
    EXPECT_TRUE(state->writable());
    EXPECT_EQ(state->backlog(), 0u);
    EXPECT_EQ(revision_in(folder, folder.file()), 2u);
    return failed;
  });
}

TEST_P(Faults, AnOpenedFileIsTheOldOneAndIsWrittenLater) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    Result<std::unique_ptr<State>> state = Failure{FailureKind::io, "not opened"};
    const bool failed = with_fault([&] {
      state = try_open(folder.file());
      if (state) remember_all(**state, 2);
    });
    if (!state) {
      EXPECT_TRUE(failed);
      EXPECT_NE(state.failure().detail.find(folder.file()), std::string::npos);
      EXPECT_EQ(revision_in(folder, folder.file()), 1u);
      state = try_open(folder.file());
      EXPECT_TRUE(state.ok());
      if (!state) return false;
      remember_all(**state, 2);
    }
    (*state)->flush();
    EXPECT_TRUE((*state)->writable());
    EXPECT_EQ((*state)->backlog(), 0u);
    EXPECT_EQ(revision_in(folder, folder.file()), 2u);
    return failed;
  });
}

TEST_P(Faults, ANewFileIsBegunWholeOrLater) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    fs::remove(folder.file());
    Result<std::unique_ptr<State>> state = Failure{FailureKind::io, "not opened"};
    const bool failed = with_fault([&] { state = try_open(folder.file()); });
    if (!state) {
      EXPECT_TRUE(failed);
      state = try_open(folder.file());
    }
    EXPECT_TRUE(state.ok());
    if (!state) return false;
    remember_all(**state, 1);
    EXPECT_TRUE((*state)->writable());
    EXPECT_EQ(revision_in(folder, folder.file()), 1u);
    return failed;
  });
}

TEST_P(Faults, AnEndedStateHasWrittenAllOrNothing) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    auto state = open_state(folder.file());
    remember_all(*state, 2);
    const bool failed = with_fault([&] { state.reset(); });
    EXPECT_EQ(revision_in(folder, folder.file()), 2u) << "it was committed before";
    EXPECT_EQ(open_state(folder.file())->recall(kDomains).size(), 2u);
    return failed;
  });
}

// What is not recalled begins anew, and the next check would write that over the old.
TEST_P(Faults, AMemoryIsRecalledThoughOneCallFails) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    auto state = open_state(folder.file());
    std::vector<Remembered> recalled;
    Lasting lasting{};
    const bool failed = with_fault([&] { recalled = state->recall(kDomains); }, &lasting);
    if (!failed || lasting == Lasting::once) {
      EXPECT_EQ(recalled.size(), kDomains.size());
    }
    for (const Remembered& known : recalled)
      EXPECT_EQ(revision_of(known, known.report->domain), 1u);
    EXPECT_EQ(state->recall(kDomains).size(), kDomains.size());
    return failed;
  });
}

TEST_P(Faults, ATimelineIsWholeOrAFailure) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    auto state = open_state(folder.file());
    remember_all(*state, 2);
    Result<Timeline> timeline = Failure{FailureKind::io, "not read"};
    const bool failed = with_fault([&] {
      std::promise<void> done;
      state->timeline(kDomains[0], [&](Result<Timeline> read) {
        timeline = std::move(read);
        done.set_value();
      });
      done.get_future().wait();
    });
    EXPECT_TRUE(failed || timeline.ok());
    if (timeline) {
      EXPECT_EQ(timeline->changes.size(), 3u);
    }
    EXPECT_EQ(timeline_of(*state, kDomains[0]).changes.size(), 3u);
    return failed;
  });
}

TEST_P(Faults, ACommandReadsAllOrSaysWhyNot) {
  for_each_call([](const TemporaryFolder& folder, const auto& with_fault) {
    Result<StateReading> read = Failure{FailureKind::io, "not read"};
    const bool failed = with_fault([&] { read = read_state(folder.file(), kDomains[1]); });
    EXPECT_TRUE(failed || read.ok());
    if (!read) {
      EXPECT_EQ(read.failure().kind, FailureKind::io) << read.failure().detail;
      EXPECT_NE(read.failure().detail.find("cannot read the state file"), std::string::npos);
      return failed;
    }
    EXPECT_EQ(read->remembered.size(), 1u);
    for (const Remembered& known : read->remembered) EXPECT_EQ(revision_of(known, kDomains[1]), 1u);
    EXPECT_EQ(read->timeline.changes.size(), 1u);
    return failed;
  });
}

// The number of rows in each table that retention sweeps.
std::vector<int64_t> rows_of(Database& database) {
  std::vector<int64_t> rows;
  for (const char* query :
       {"SELECT count(*) FROM domain", "SELECT count(*) FROM served", "SELECT count(*) FROM change",
        "SELECT count(*) FROM mx_host", "SELECT count(*) FROM certificate"})
    rows.push_back(database.number(query).value_or(-1));
  return rows;
}

void sweep(Database& database) {
  Retention retention{std::chrono::hours(1)};
  retention.start();
  while (retention.is_running())
    if (!retention.step(database, at_second(86400))) database.roll_back();
}

// Retention deletes in steps of its own, beside the writer.
TEST_P(Faults, RetentionGoesOnWhereItFailed) {
  const std::vector<int64_t> kSwept{2, 2, 0, 0, 0};
  for_each_call([&](const TemporaryFolder& folder, const auto& with_fault) {
    DatabaseError error;
    auto database = Database::open(folder.file(), Access::write, error);
    if (database == nullptr || !configure(*database)) {
      ADD_FAILURE() << error.text;
      return false;
    }
    const bool failed = with_fault([&] { sweep(*database); });
    if (!failed) {
      EXPECT_EQ(rows_of(*database), kSwept);
    }
    sweep(*database);
    EXPECT_EQ(rows_of(*database), kSwept);
    EXPECT_FALSE(database->failed()) << database->error().text;
    return failed;
  });
}

}  // namespace
}  // namespace mtasts::state
