// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A failing disk: the agent continues, nothing that is queued is lost, and the file is intact
// afterwards. A limit on file sizes simulates a full disk.
#include <chrono>

#include "fakes/full_disk.h"
#include "fakes/wait_until.h"
#include "state/database.h"
#include "state/state.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

using fakes::FullDisk;
using std::chrono::steady_clock;

void remember_many(State& state, uint64_t revision) {
  for (int i = 0; i < 300; ++i) {
    Plain plain;
    plain.domain = "d" + std::to_string(i) + ".example";
    plain.revision = revision;
    plain.changes = {{at_second(0), "record_id", "", "", std::to_string(revision)}};
    state.remember(plain_report(plain), {});
  }
  state.flush();
}

uint64_t revision_of(State& state, const std::string& domain) {
  auto remembered = state.recall({domain});
  return remembered.empty() ? 0 : remembered[0].report->history->revision;
}

void expect_whole(const std::string& path) {
  DatabaseError error;
  auto database = Database::open(path, Access::read, error);
  ASSERT_NE(database, nullptr) << error.text;
  Rows rows = database->query("PRAGMA integrity_check");
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.text(0), "ok");
}

TEST(StateFailure, AFullDiskKeepsEverythingWaiting) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  remember_many(*state, 1);
  ASSERT_TRUE(state->writable());
  {
    FullDisk full(64 << 10);
    remember_many(*state, 2);
    remember_many(*state, 3);
    EXPECT_FALSE(state->writable());
    EXPECT_EQ(state->backlog(), 300u);
    EXPECT_EQ(revision_of(*state, "d299.example"), 1u) << "what was committed is still there";
  }
  state->flush();
  EXPECT_TRUE(state->writable());
  EXPECT_EQ(state->backlog(), 0u);
  EXPECT_EQ(revision_of(*state, "d0.example"), 3u);
  EXPECT_EQ(revision_of(*state, "d299.example"), 3u);
  EXPECT_EQ(timeline_of(*state, "d299.example").changes.size(), 3u) << "changes of all of them";
  state.reset();
  expect_whole(folder.file());
}

TEST(StateFailure, TriesAgainByItself) {
  TemporaryFolder folder;
  State::Options options;
  options.path = folder.file();
  options.retry_after = milliseconds(10);
  auto state = State::open(options);
  ASSERT_TRUE(state.ok());
  {
    FullDisk full(1);
    remember_many(**state, 1);
    EXPECT_FALSE((*state)->writable());
  }
  EXPECT_TRUE(fakes::wait_until("all to be written", [&] { return (*state)->backlog() == 0; }));
  EXPECT_TRUE((*state)->writable());
}

TEST(StateFailure, ChangesThatWaitAreBounded) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  {
    FullDisk full(1);
    for (int i = 0; i < 150; ++i) {
      Plain plain;
      plain.changes = {{at_second(i), "record_id", "", "", std::to_string(i)}};
      state->remember(plain_report(plain), {});
      if (i % 50 == 0) state->flush();
    }
    EXPECT_EQ(state->backlog(), 1u);
  }
  state->flush();
  auto changes = timeline_of(*state, "example.com").changes;
  ASSERT_EQ(changes.size(), 100u);
  EXPECT_EQ(changes.front().to, "149");
  EXPECT_EQ(changes.back().to, "50");
}

TEST(StateFailure, BeginsOnAFullDisk) {
  TemporaryFolder folder;
  std::unique_ptr<State> state;
  {
    FullDisk full(100);
    state = open_state(folder.file());
    EXPECT_FALSE(state->writable());
    EXPECT_TRUE(state->recall({"d1.example"}).empty());
    remember_many(*state, 1);
    EXPECT_EQ(state->backlog(), 300u);
  }
  state->flush();
  EXPECT_TRUE(state->writable());
  EXPECT_EQ(revision_of(*state, "d299.example"), 1u);
}

TEST(StateFailure, RecallsOnAFullDisk) {
  TemporaryFolder folder;
  remember_many(*open_state(folder.file()), 1);
  {
    FullDisk full(100);
    auto state = open_state(folder.file());
    EXPECT_EQ(revision_of(*state, "d299.example"), 1u) << "an old memory must not be begun anew";
    remember_many(*state, 2);
    EXPECT_FALSE(state->writable());
    EXPECT_EQ(revision_of(*state, "d299.example"), 1u);
  }
  expect_whole(folder.file());
  EXPECT_EQ(revision_of(*open_state(folder.file()), "d299.example"), 1u);
}

TEST(StateFailure, AForeignWriterIsWaitedForButNotForEver) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  DatabaseError error;
  auto foreign = Database::open(folder.file(), Access::write, error);
  ASSERT_TRUE(foreign->begin());
  state->remember(plain_report({}), {});
  state->flush();
  EXPECT_FALSE(state->writable());
  EXPECT_EQ(state->backlog(), 1u);
  foreign->roll_back();
  state->flush();
  EXPECT_TRUE(state->writable());
  EXPECT_EQ(state->recall({"example.com"}).size(), 1u);
}

TEST(StateFailure, DoesNotBeginWithoutAMemoryThatIsLocked) {
  TemporaryFolder folder;
  remember_many(*open_state(folder.file()), 1);
  DatabaseError error;
  auto foreign = Database::open(folder.file(), Access::write_alone, error);
  ASSERT_TRUE(foreign->begin());
  State::Options options;
  options.path = folder.file();
  auto state = State::open(options);
  ASSERT_FALSE(state.ok());
  EXPECT_NE(state.failure().detail.find(folder.file() + ": database is locked"), std::string::npos)
      << state.failure().detail;
}

TEST(StateFailure, EndsSoonThoughTheFileIsLocked) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  DatabaseError error;
  auto foreign = Database::open(folder.file(), Access::write, error);
  ASSERT_TRUE(foreign->begin());
  state->remember(plain_report({}), {});
  auto begun = steady_clock::now();
  state.reset();
  EXPECT_LT(steady_clock::now() - begun, seconds(4));
}

TEST(StateFailure, WritesWhatWaitsBeforeItEnds) {
  TemporaryFolder folder;
  {
    auto state = open_state(folder.file());
    for (int i = 0; i < 50; ++i) {
      Plain plain;
      plain.domain = "d" + std::to_string(i) + ".example";
      state->remember(plain_report(plain), {});
    }
  }
  EXPECT_EQ(open_state(folder.file())->recall({"d0.example", "d49.example"}).size(), 2u);
}

}  // namespace
}  // namespace mtasts::state
