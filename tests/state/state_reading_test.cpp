// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The state as commands read it: next to a running agent, after one that was killed, in a directory
// that is not writable.
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "state/database.h"
#include "state/schema.h"
#include "state/state.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

TEST(StateReading, ReadsBesideAnAgent) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  Plain plain;
  plain.changes = {{at_second(1), "record_id", "", "1", "2"}};
  state->remember(plain_report(plain), plain_stages(at_second(1)));
  state->flush();
  auto reading = read_state(folder.file(), "example.com");
  ASSERT_TRUE(reading.ok()) << reading.failure().detail;
  ASSERT_EQ(reading->remembered.size(), 1u);
  expect_same(*plain_report(plain)->history, *reading->remembered[0].report->history);
  EXPECT_EQ(reading->timeline.changes, plain.changes);
  auto unknown = read_state(folder.file(), "unknown.example");
  ASSERT_TRUE(unknown.ok());
  EXPECT_TRUE(unknown->remembered.empty());
  EXPECT_TRUE(unknown->timeline.changes.empty());
}

TEST(StateReading, SeesWholeReportsWhileTheAgentWrites) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  state->remember(plain_report({}), {});
  state->flush();
  std::atomic<bool> over = false;
  std::thread writer([&] {
    for (uint64_t i = 2; !over; ++i) {
      Plain plain;
      plain.revision = i;
      plain.message = std::to_string(i);
      state->remember(plain_report(plain), {});
      state->flush();
    }
  });
  for (int i = 0; i < 50; ++i) {
    auto reading = read_state(folder.file(), "example.com");
    ASSERT_TRUE(reading.ok()) << reading.failure().detail;
    ASSERT_EQ(reading->remembered.size(), 1u);
    const verdict::Report& report = *reading->remembered[0].report;
    if (report.history->revision == 1) continue;
    EXPECT_EQ(report.suggested_policy, std::to_string(report.history->revision));
    EXPECT_EQ(report.history->ids.size(), 1u);
  }
  over = true;
  writer.join();
}

TEST(StateReading, SaysWhatIsWrong) {
  TemporaryFolder folder;
  const std::string path = folder.file();
  auto words = [&] {
    auto reading = read_state(path, "example.com");
    return reading.ok() ? "" : reading.failure().detail;
  };
  EXPECT_EQ(words(), "there is no state file " + path + "; the agent creates it at [state] path");
  EXPECT_EQ(read_state(path, "example.com").failure().kind, FailureKind::not_found);
  std::filesystem::create_directory(path);
  EXPECT_EQ(words(), "cannot read the state file " + path + ": it is not a regular file");
  std::filesystem::remove(path);
  write_bytes(path, std::string(5000, 'x'));
  EXPECT_EQ(words(), "cannot read the state file " + path + ": file is not a database");
  write_bytes(path, "");
  EXPECT_EQ(words(), "") << "nothing in it yet";
  DatabaseError error;
  auto database = Database::open(path, Access::write, error);
  ASSERT_TRUE(database->execute("CREATE TABLE mails(text)"));
  EXPECT_EQ(words(), "cannot read the state file " + path + ": it is another program's database");
  database->execute("DROP TABLE mails; PRAGMA application_id=1836343667; PRAGMA user_version=9");
  EXPECT_EQ(words(), "cannot read the state file " + path +
                         ": it was written by a newer version of the agent (schema 9, supported " +
                         std::to_string(newest_schema()) + ")");
  EXPECT_EQ(folder.files("state.db").size(), 1u) << "a reader sets nothing aside";
}

TEST(StateReading, ReadsWhatAKilledAgentLeft) {
  TemporaryFolder folder;
  auto state = open_state(folder.file());
  state->remember(plain_report({}), {});
  state->flush();
  // As left by a kill: the log is not checkpointed.
  for (const char* part : {"", "-wal"})
    write_bytes(folder.file("copy.db") + part, bytes_of(folder.file() + part));
  EXPECT_GT(std::filesystem::file_size(folder.file("copy.db-wal")), 0u);
  auto reading = read_state(folder.file("copy.db"), "example.com");
  ASSERT_TRUE(reading.ok()) << reading.failure().detail;
  EXPECT_EQ(reading->remembered.size(), 1u);
}

TEST(StateReading, ReadsInAFolderThatIsNotWritable) {
  TemporaryFolder folder;
  const std::string path = folder.file("100% ?#.db");
  open_state(path)->remember(plain_report({}), {});
  std::filesystem::remove(path + ".lock");
  chmod(path.c_str(), 0444);
  chmod(folder.path().c_str(), 0555);
  pid_t child = fork();
  if (child == 0) {
    bool dropped =
        geteuid() != 0 || (setgroups(0, nullptr) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    auto reading = read_state(path, "example.com");
    _exit(dropped && reading.ok() && reading->remembered.size() == 1 ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  chmod(folder.path().c_str(), 0755);
}

}  // namespace
}  // namespace mtasts::state
