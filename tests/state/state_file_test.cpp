// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The location on disk: what is created, what is refused, what is set aside.
#include <grp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <thread>
#include <vector>

#include "state/database.h"
#include "state/schema.h"
#include "state/state.h"
#include "state/state_file_fixture.h"

namespace mtasts::state {
namespace {

mode_t mode_of(const std::string& path) {
  struct stat there {};
  return stat(path.c_str(), &there) == 0 ? there.st_mode & 0777 : 0;
}

TEST(StateFile, MakesFoldersAndFiles) {
  TemporaryFolder folder;
  const std::string path = folder.file("deep/er/state.db");
  mode_t before = umask(022);
  open_state(path)->remember(plain_report({}), {});
  umask(before);
  EXPECT_EQ(mode_of(path), 0640u);
  EXPECT_EQ(mode_of(folder.file("deep/er")), 0750u);
  EXPECT_EQ(mode_of(folder.file("deep")), 0750u);
  EXPECT_EQ(open_state(path)->recall({"example.com"}).size(), 1u);
}

TEST(StateFile, RefusesPlacesThatCannotBeWritten) {
  TemporaryFolder folder;
  write_bytes(folder.file("plain"), "x");
  ASSERT_EQ(mkfifo(folder.file("pipe").c_str(), 0600), 0);
  const std::pair<std::string, const char*> bad[] = {
      {folder.file("plain/state.db"), "Not a directory"},    // below a regular file
      {folder.file("plain/a/state.db"), "Not a directory"},  // deeper
      {folder.path().string(), "it is a directory"},         // a directory
      {folder.file("pipe"), "it is not a regular file"},     // would block
      {"/proc/none/state.db", "No such file or directory"},  // nobody can create directories there
      {"/dev/null", "it is not a regular file"},             // a device
      {"", "not a valid path"},                              // empty
  };
  for (const auto& [path, reason] : bad) {
    auto state = try_open(path);
    ASSERT_FALSE(state.ok()) << path;
    EXPECT_EQ(state.failure().detail, "cannot write the state file " + path + ": " + reason +
                                          "; set [state] path to a writable location, or to "
                                          "\":memory:\" to keep the state in memory only");
  }
  EXPECT_EQ(bytes_of(folder.file("plain")), "x");
}

// The error of a process without privileges; root ignores permissions.
std::string refusal_of_nobody(const std::string& path) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  pid_t child = fork();
  if (child == 0) {
    bool dropped =
        geteuid() != 0 || (setgroups(0, nullptr) == 0 && setgid(65534) == 0 && setuid(65534) == 0);
    auto state = dropped ? try_open(path) : Failure{FailureKind::io, "still root"};
    const std::string words = state.ok() ? "it opened" : state.failure().detail;
    ssize_t ignored = write(ends[1], words.data(), words.size());
    _exit(ignored < 0 ? 1 : 0);
  }
  close(ends[1]);
  char words[1000];
  ssize_t size_bytes = read(ends[0], words, sizeof words);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return std::string(words, static_cast<size_t>(std::max<ssize_t>(size_bytes, 0)));
}

TEST(StateFile, RefusesWhatPermissionsForbid) {
  TemporaryFolder folder;
  make_state(folder.file(), 3);
  const std::string path = folder.file();
  std::filesystem::remove(path + ".lock");
  chmod(path.c_str(), 0666);
  chmod(folder.path().c_str(), 0555);
  EXPECT_NE(refusal_of_nobody(path).find(path + ": Permission denied; set [state] path"),
            std::string::npos)
      << "the folder: " << refusal_of_nobody(path);
  chmod(folder.path().c_str(), 0777);
  chmod(path.c_str(), 0444);
  EXPECT_NE(refusal_of_nobody(path).find(path + ": Permission denied; set [state] path"),
            std::string::npos)
      << "the file: " << refusal_of_nobody(path);
}

TEST(StateFile, FollowsASymbolicLink) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder.file("real"));
  std::filesystem::create_symlink(folder.file("real/state.db"), folder.file());
  expect_works(*open_state(folder.file()));
  EXPECT_TRUE(std::filesystem::is_symlink(folder.file()));
  EXPECT_TRUE(std::filesystem::exists(folder.file("real/state.db")));
}

TEST(StateFile, KeepsOtherAgentsOut) {
  TemporaryFolder folder;
  auto first = open_state(folder.file());
  auto second = try_open(folder.file(), milliseconds(60));
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.failure().detail, "the state file " + folder.file() +
                                         " is in use by another agent (lock " + folder.file() +
                                         ".lock); stop it, or set a different [state] path");
  expect_works(*first);
}

TEST(StateFile, WaitsForAnAgentThatIsEnding) {
  TemporaryFolder folder;
  auto first = open_state(folder.file());
  auto second =
      std::async(std::launch::async, [&] { return try_open(folder.file(), seconds(60)); });
  EXPECT_EQ(second.wait_for(milliseconds(100)), std::future_status::timeout);
  first.reset();
  EXPECT_TRUE(second.get().ok());
}

TEST(StateFile, MemoryHasNoPlace) {
  auto first = try_open(":memory:");
  auto second = try_open(":memory:");
  ASSERT_TRUE(first.ok() && second.ok());
  expect_works(**first);
  EXPECT_TRUE((*second)->recall({"example.com"}).empty());
  EXPECT_FALSE(std::filesystem::exists(":memory:"));
  EXPECT_FALSE(std::filesystem::exists(":memory:.lock"));
}

// Opens the file that is there now; expects a new file, and the old bytes under `kept_as`.
void expect_set_aside(const TemporaryFolder& folder, const std::string& kept_as) {
  const std::string before = bytes_of(folder.file());
  auto state = try_open(folder.file());
  ASSERT_TRUE(state.ok()) << state.failure().detail;
  expect_works(**state);
  EXPECT_TRUE((*state)->recall({"d1.example"}).empty());
  ASSERT_TRUE(std::filesystem::exists(folder.file(kept_as))) << kept_as;
  EXPECT_EQ(bytes_of(folder.file(kept_as)), before);
}

// The header of a state file, and then nothing that SQLite can read.
std::string broken_state() {
  TemporaryFolder folder;
  make_state(folder.file(), 1);
  return bytes_of(folder.file()).substr(0, 100) + std::string(9900, 'x');
}

TEST(StateFile, SetsABrokenFileOfTheAgentAside) {
  TemporaryFolder folder;
  write_bytes(folder.file(), broken_state());
  expect_set_aside(folder, std::string("state.db.corrupt-") + kDated);
}

TEST(StateFile, NeverOverwritesWhatWasSetAside) {
  TemporaryFolder folder;
  const std::string name = std::string("state.db.corrupt-") + kDated;
  for (const std::string suffix : {"", "-2", "-3"}) {
    for (const char* part : {"-wal", "-shm", ""}) std::filesystem::remove(folder.file() + part);
    write_bytes(folder.file(), broken_state() + suffix);
    expect_set_aside(folder, name + suffix);
  }
}

TEST(StateFile, SetsATruncatedDatabaseAside) {
  TemporaryFolder folder;
  make_state(folder.file());
  std::filesystem::resize_file(folder.file(), std::filesystem::file_size(folder.file()) / 2);
  expect_set_aside(folder, std::string("state.db.corrupt-") + kDated);
}

TEST(StateFile, SetsFlippedPagesAside) {
  TemporaryFolder folder;
  make_state(folder.file());
  std::string bytes = bytes_of(folder.file());
  ASSERT_GT(bytes.size(), 40 * 4096u);
  for (size_t i = 4096; i < bytes.size(); i += 3) bytes[i] = static_cast<char>(~bytes[i]);
  write_bytes(folder.file(), bytes);
  expect_set_aside(folder, std::string("state.db.corrupt-") + kDated);
}

// As version 0.2.0 left it: without the issuers of certificates, the keys that TLSA records
// matched, the alternation of MX sets, the passes and the phase.
constexpr const char* kBackToTheFirst =
    "DROP TABLE certificate_issuer;"
    "DROP TABLE served_key;"
    "ALTER TABLE domain DROP COLUMN mx_sets;"
    "ALTER TABLE domain DROP COLUMN mx_first_return;"
    "ALTER TABLE domain DROP COLUMN mx_last_return;"
    "ALTER TABLE domain DROP COLUMN mx_returns;"
    "ALTER TABLE domain DROP COLUMN mx_longest_ttl;"
    "ALTER TABLE domain DROP COLUMN provider_before;"
    "ALTER TABLE domain DROP COLUMN provider_changed;"
    "ALTER TABLE domain DROP COLUMN passes;"
    "ALTER TABLE domain DROP COLUMN phase;"
    "DROP TABLE tlsrpt_text;"
    "DROP TABLE tlsrpt_domain;"
    "DROP TABLE tlsrpt_failure_total;"
    "DROP TABLE tlsrpt_report;"
    "DROP TABLE tlsrpt_organization;"
    "DROP TABLE tlsrpt_day;"
    "DROP TABLE tlsrpt_line;"
    "DROP TABLE tlsrpt_policy;"
    "DROP TABLE tlsrpt_failure;"
    "DROP TABLE tlsrpt_failing_host;"
    "PRAGMA user_version=1";

TEST(StateFile, ReadsTheFirstVersion) {
  TemporaryFolder folder;
  make_state(folder.file());
  change_file(folder.file(), kBackToTheFirst);
  auto state = open_state(folder.file());
  auto remembered = state->recall({"d1.example"});
  ASSERT_EQ(remembered.size(), 1u);
  EXPECT_TRUE(remembered[0].report->history->issuers.empty());
  EXPECT_EQ(remembered[0].report->history->mx_alternation, verdict::MxAlternation());
  EXPECT_TRUE(remembered[0].report->history->passes.empty());
  EXPECT_EQ(remembered[0].report->history->phase, verdict::SeenPhase());
  DatabaseError error;
  auto database = Database::open(folder.file(), Access::read, error);
  ASSERT_NE(database, nullptr) << error.text;
  EXPECT_EQ(look_at_schema(*database).version, newest_schema());
}

// The commands that only read do not upgrade the file.
TEST(StateFile, AReaderTakesTheFirstVersionAsItIs) {
  TemporaryFolder folder;
  make_state(folder.file());
  change_file(folder.file(), kBackToTheFirst);
  auto reading = read_state(folder.file(), "d1.example");
  ASSERT_TRUE(reading.ok()) << reading.failure().detail;
  EXPECT_EQ(reading->remembered.size(), 1u);
}

TEST(StateFile, SetsANewerVersionAside) {
  TemporaryFolder folder;
  make_state(folder.file());
  change_file(folder.file(), "PRAGMA user_version=70");
  const std::string kept_as = std::string("state.db.version-70-") + kDated;
  expect_set_aside(folder, kept_as);
  // The change was in the log, which was set aside with the file.
  DatabaseError error;
  auto database = Database::open(folder.file(kept_as), Access::write, error);
  ASSERT_NE(database, nullptr);
  EXPECT_EQ(look_at_schema(*database).version, 70);
  EXPECT_EQ(database->number("SELECT count(*) FROM domain"), 300);
}

TEST(StateFile, TakesAnEmptyFile) {
  TemporaryFolder folder;
  write_bytes(folder.file(), "");
  expect_works(*open_state(folder.file()));
  EXPECT_TRUE(folder.files("state.db.corrupt").empty());
}

TEST(StateFile, SetsAFileAsideThatBreaksWhileItIsUsed) {
  TemporaryFolder folder;
  auto opened = try_open(folder.file());
  ASSERT_TRUE(opened.ok());
  State& state = **opened;
  auto remember_all = [&](uint64_t revision) {
    for (int i = 0; i < 3000; ++i) {
      Plain plain;
      plain.domain = "d" + std::to_string(i) + ".example";
      plain.revision = revision;
      state.remember(plain_report(plain), {});
    }
    state.flush();
  };
  remember_all(1);
  change_file(folder.file(), "PRAGMA wal_checkpoint(TRUNCATE)");
  std::string bytes = bytes_of(folder.file());
  ASSERT_GT(bytes.size(), 2u << 20) << "more than the cache holds";
  std::fill(bytes.begin() + 4096, bytes.end(), 'x');
  write_bytes(folder.file(), bytes);
  remember_all(2);
  EXPECT_TRUE(state.writable());
  EXPECT_EQ(state.backlog(), 0u);
  EXPECT_EQ(folder.files(std::string("state.db.corrupt-") + kDated).empty(), false);
  EXPECT_EQ(state.recall({"d0.example", "d2999.example"}).size(), 2u);
  EXPECT_EQ(state.recall({"d7.example"})[0].report->history->revision, 2u);
}

// Data written to an unlinked file would be lost at the next start.
TEST(StateFile, BeginsANewFileWhenItsOwnIsRemoved) {
  TemporaryFolder folder;
  const std::string path = folder.file("below/state.db");
  auto state = open_state(path);
  Plain other;
  other.domain = "other.example";
  state->remember(plain_report({}), {});
  state->remember(plain_report(other), {});
  state->flush();
  std::filesystem::remove_all(folder.file("below"));
  state->remember(plain_report(other), {});  // unchanged since the last report
  state->flush();
  EXPECT_TRUE(state->writable());
  expect_works(*state);
  EXPECT_FALSE(try_open(path).ok()) << "the lock is held again";
  state.reset();
  EXPECT_EQ(open_state(path)->recall({"example.com", "other.example"}).size(), 2u);
}

TEST(StateFile, SetsAsideWhatWasPutInItsPlace) {
  TemporaryFolder folder;
  const std::string other = folder.file("other.db");
  make_state(other, 10);
  auto opened = try_open(folder.file());
  ASSERT_TRUE(opened.ok());
  State& state = **opened;
  expect_works(state);
  std::filesystem::rename(other, folder.file());
  expect_works(state);
  const std::string kept = folder.file(std::string("state.db.replaced-") + kDated);
  EXPECT_FALSE(state.recall({"d0.example"}).size() > 0);
  EXPECT_TRUE(std::filesystem::exists(kept + ".other-wal")) << "the log of the one before";
  EXPECT_EQ(open_state(kept)->recall({"d0.example"}).size(), 1u) << "nothing is lost";
}

TEST(StateFile, SaysWhatMayPass) {
  TemporaryFolder folder;
  auto first = open_state(folder.file());
  EXPECT_EQ(try_open(folder.file()).failure().kind, FailureKind::not_yet) << "the lock";
  EXPECT_EQ(try_open("/proc/none/state.db").failure().kind, FailureKind::not_yet) << "not mounted";
  EXPECT_EQ(try_open("/dev/null").failure().kind, FailureKind::io);
  EXPECT_EQ(try_open(folder.path().string()).failure().kind, FailureKind::io);
  EXPECT_EQ(try_open("").failure().kind, FailureKind::io);
}

}  // namespace
}  // namespace mtasts::state
