// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// [state] path may be a slip of the pen. What is not the agent's own file is neither renamed nor
// written.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "state/schema.h"
#include "state/state_file_fixture.h"

namespace mtasts::state {
namespace {

std::string database_with(const std::string& sql) {
  TemporaryFolder folder;
  write_bytes(folder.file(), "");
  change_file(folder.file(), sql.c_str());
  return bytes_of(folder.file());
}

constexpr const char* kNoStateFile = "it is no state file of this agent, and was left as it is";
constexpr const char* kOtherDatabase = "it is another program's database, and was left as it is";

struct ForeignFile {
  std::string bytes;
  const char* reason;
};

std::vector<ForeignFile> foreign_files() {
  return {
      {"x", kNoStateFile},
      {"root:x:0:0:root:/root:/bin/bash\n", kNoStateFile},   // text
      {std::string(10000, 'x'), kNoStateFile},               // anything
      {std::string(8192, '\0'), kNoStateFile},               // nothing written yet
      {std::string("SQLite format 3\0", 16), kNoStateFile},  // cut in its header
      {std::string("SQLite format 3\0", 16) + std::string(5000, 'x'), kOtherDatabase},  // no mark
      {std::string("SQLite format 3\0", 16) + std::string(5000, '\0'), kNoStateFile},
      {database_with("PRAGMA application_id=5"), kOtherDatabase},   // marked by another
      {database_with("CREATE TABLE mails(text)"), kOtherDatabase},  // not marked
      {database_with("CREATE TABLE domain(name); PRAGMA user_version=3"), kOtherDatabase},
      {database_with("PRAGMA journal_mode=WAL; CREATE TABLE t(x); PRAGMA wal_checkpoint(TRUNCATE)"),
       kOtherDatabase},
  };
}

std::vector<std::string> names_in(const TemporaryFolder& folder) {
  std::vector<std::string> names = folder.files("");
  std::sort(names.begin(), names.end());
  return names;
}

void expect_refused(const std::string& path, const std::string& reason) {
  auto state = try_open(path);
  ASSERT_FALSE(state.ok()) << path;
  EXPECT_EQ(state.failure().detail,
            "cannot write the state file " + path + ": " + reason +
                "; set [state] path to a writable location, or to \":memory:\" to keep the state "
                "in memory only");
  EXPECT_EQ(state.failure().kind, FailureKind::io) << "no later start helps";
}

// [state] path may be a slip of the pen: no file but the agent's own is renamed or written.
TEST(ForeignFile, LeavesAFileOfAnotherProgramAlone) {
  for (const ForeignFile& foreign : foreign_files()) {
    TemporaryFolder folder;
    write_bytes(folder.file(), foreign.bytes);
    std::filesystem::create_symlink(folder.file(), folder.file("link.db"));
    const std::vector<std::string> before = names_in(folder);
    for (const std::string& path : {folder.file(), folder.file("link.db")}) {
      expect_refused(path, foreign.reason);
      EXPECT_EQ(bytes_of(folder.file()), foreign.bytes) << foreign.bytes.substr(0, 16);
      EXPECT_EQ(names_in(folder), before) << foreign.bytes.substr(0, 16);
    }
  }
}

// What another program is in the middle of: its log and its journal are not used up either.
TEST(ForeignFile, LeavesTheLogOfAnotherProgramAlone) {
  TemporaryFolder folder;
  write_bytes(folder.file(), "");
  DatabaseError error;
  auto other = Database::open(folder.file(), Access::write, error);
  ASSERT_TRUE(other->execute("PRAGMA journal_mode=WAL; CREATE TABLE mails(text)"));
  const std::string bytes = bytes_of(folder.file());
  const std::string log = bytes_of(folder.file("state.db-wal"));
  ASSERT_FALSE(log.empty());
  expect_refused(folder.file(), kOtherDatabase);
  EXPECT_EQ(bytes_of(folder.file()), bytes);
  EXPECT_EQ(bytes_of(folder.file("state.db-wal")), log);
  other.reset();
  TemporaryFolder crashed;
  const std::string half = database_with("CREATE TABLE mails(text)");
  write_bytes(crashed.file(), half);
  write_bytes(crashed.file("state.db-journal"), std::string(600, 'j'));
  expect_refused(crashed.file(), kNoStateFile);
  EXPECT_EQ(bytes_of(crashed.file()), half);
  EXPECT_EQ(bytes_of(crashed.file("state.db-journal")), std::string(600, 'j'));
}

// By its tables, whatever became of the mark.
TEST(ForeignFile, TakesItsOwnFileWithoutTheMark) {
  TemporaryFolder folder;
  make_state(folder.file(), 3);
  change_file(folder.file(), "PRAGMA application_id=0");
  auto state = open_state(folder.file());
  EXPECT_EQ(state->recall({"d0.example"}).size(), 1u);
  state.reset();
  DatabaseError error;
  auto database = Database::open(folder.file(), Access::read, error);
  EXPECT_EQ(database->number("PRAGMA application_id"), kApplicationId) << "marked again";
}

// Killed before the first checkpoint: all is in the log, and the file has no mark.
TEST(ForeignFile, TakesWhatIsInItsLogAlone) {
  TemporaryFolder folder;
  TemporaryFolder killed;
  auto state = open_state(folder.file());
  state->remember(plain_report({}), {});
  state->flush();
  for (const char* part : {"state.db", "state.db-wal"})
    write_bytes(killed.file(part), bytes_of(folder.file(part)));
  EXPECT_EQ(open_state(killed.file())->recall({"example.com"}).size(), 1u);
}

TEST(ForeignFile, LeavesAFileOfAnotherProgramThatWasPutInItsPlace) {
  TemporaryFolder folder;
  auto opened = try_open(folder.file());
  ASSERT_TRUE(opened.ok());
  State& state = **opened;
  expect_works(state);
  write_bytes(folder.file("notes"), "not a database\n");
  std::filesystem::rename(folder.file("notes"), folder.file());
  state.remember(plain_report({}), {});
  state.flush();
  EXPECT_FALSE(state.writable());
  EXPECT_EQ(bytes_of(folder.file()), "not a database\n");
  std::filesystem::remove(folder.file());
  expect_works(state);
}

TEST(ForeignFile, SetsItsOwnFileAsideThatLostItsHeader) {
  TemporaryFolder folder;
  auto opened = try_open(folder.file());
  ASSERT_TRUE(opened.ok());
  State& state = **opened;
  expect_works(state);
  change_file(folder.file(), "PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string bytes = bytes_of(folder.file());
  write_bytes(folder.file(), std::string(bytes.size(), 'x'));
  Plain other;
  other.domain = "other.example";
  state.remember(plain_report(other), {});
  state.flush();
  EXPECT_TRUE(state.writable());
  EXPECT_FALSE(folder.files(std::string("state.db.corrupt-") + kDated).empty());
}

}  // namespace
}  // namespace mtasts::state
