// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The spool: what put() acknowledged is there, in order, after every end of the process.

#include "intake/spool.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>
#include <vector>

namespace mtasts::intake {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kNow{0};
const Time kArrival{milliseconds(1764302400000)};

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string name = (fs::temp_directory_path() / "spool-test-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
    directory_ = (root_ / "state.db-reports").string();
  }
  ~SpoolTest() override { fs::remove_all(root_); }

  std::unique_ptr<Spool> open(SpoolLimits limits = {}) {
    auto opened = Spool::open(directory_, limits);
    if (!opened.ok()) ADD_FAILURE() << opened.failure().detail;
    return opened.ok() ? std::move(*opened) : nullptr;
  }

  static PutOutcome put(Spool& spool, std::string_view octets,
                        std::string_view client = "192.0.2.1", bool trusted = false) {
    return spool.put(octets, Source::https, trusted, client, kArrival);
  }

  fs::path root_;
  std::string directory_;
};

TEST_F(SpoolTest, HandsOutWhatCameInOrder) {
  auto spool = open();
  EXPECT_EQ(put(*spool, "one"), PutOutcome::kept);
  EXPECT_EQ(spool->put("two", Source::mailbox, true, "mailbox", kArrival + milliseconds(5)),
            PutOutcome::kept);
  EXPECT_EQ(spool->usage().entries, 2u);
  EXPECT_EQ(spool->usage().bytes, 6u);
  auto first = spool->take_oldest(kNow);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->octets, "one");
  EXPECT_EQ(first->source, Source::https);
  EXPECT_FALSE(first->trusted);
  EXPECT_EQ(first->received, kArrival);
  auto second = spool->take_oldest(kNow);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->octets, "two");
  EXPECT_EQ(second->source, Source::mailbox);
  EXPECT_TRUE(second->trusted);
  EXPECT_EQ(second->received, kArrival + milliseconds(5));
  EXPECT_FALSE(spool->take_oldest(kNow));
  EXPECT_TRUE(spool->remove(first->id));
  EXPECT_TRUE(spool->remove(first->id)) << "twice does no harm";
  EXPECT_EQ(spool->usage().entries, 1u);
  spool->give_back(second->id);
  EXPECT_EQ(spool->take_oldest(kNow)->octets, "two");
}

TEST_F(SpoolTest, KeepsEntriesForTheNextProcess) {
  {
    auto spool = open();
    for (const char* octets : {"a", "b", "c"}) put(*spool, octets);
    EXPECT_TRUE(spool->remove(spool->take_oldest(kNow)->id));
    EXPECT_TRUE(spool->take_oldest(kNow)) << "b is taken, and not processed";
  }
  std::ofstream(directory_ + "/.new-half") << "half";
  std::ofstream(directory_ + "/README") << "not an entry";
  auto spool = open();
  EXPECT_EQ(spool->usage().entries, 2u);
  EXPECT_FALSE(fs::exists(directory_ + "/.new-half"));
  EXPECT_EQ(put(*spool, "c"), PutOutcome::known) << "digests are found again";
  EXPECT_EQ(put(*spool, "d"), PutOutcome::kept);
  for (const char* expected : {"b", "c", "d"})
    EXPECT_EQ(spool->take_oldest(kNow)->octets, expected);
}

TEST_F(SpoolTest, IsPrivate) {
  auto spool = open();
  put(*spool, "secret");
  struct stat status {};
  ASSERT_EQ(::stat(directory_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700u);
  for (const auto& entry : fs::directory_iterator(directory_))
    EXPECT_EQ(fs::status(entry).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(SpoolTest, BelongsToOneProcess) {
  auto spool = open();
  auto second = Spool::open(directory_);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.failure().detail.find("another process"), std::string::npos);
  spool.reset();
  EXPECT_TRUE(Spool::open(directory_).ok());
}

TEST_F(SpoolTest, KnowsOctetsAgain) {
  SpoolLimits limits;
  limits.remembered = 2;
  auto spool = open(limits);
  EXPECT_EQ(put(*spool, "zero"), PutOutcome::kept);
  EXPECT_EQ(put(*spool, "one"), PutOutcome::kept);
  EXPECT_EQ(put(*spool, "one"), PutOutcome::known);
  EXPECT_EQ(put(*spool, "one", "elsewhere"), PutOutcome::known);
  EXPECT_EQ(put(*spool, "one", "mail", true), PutOutcome::kept) << "now from a trusted source";
  EXPECT_EQ(put(*spool, "two", "mail", true), PutOutcome::kept);
  EXPECT_EQ(put(*spool, "two"), PutOutcome::known) << "untrusted adds nothing";
  while (auto entry = spool->take_oldest(kNow)) EXPECT_TRUE(spool->remove(entry->id));
  EXPECT_EQ(spool->usage().bytes, 0u);
  EXPECT_EQ(put(*spool, "two"), PutOutcome::known) << "processed a moment ago";
  EXPECT_EQ(put(*spool, "zero"), PutOutcome::kept) << "the memory is bounded";
}

TEST_F(SpoolTest, IsBoundedAndFair) {
  SpoolLimits limits;
  limits.bytes = 1000;
  limits.entries = 100;
  auto spool = open(limits);
  const auto fill = [&](const std::string& client, size_t size_bytes) {
    size_t kept = 0;
    for (int i = 0; i < 200; ++i) {
      const std::string octets = client + std::to_string(i) + std::string(size_bytes, 'x');
      if (put(*spool, octets, client) == PutOutcome::kept) ++kept;
    }
    return kept;
  };
  EXPECT_EQ(fill("greedy", 0), 50u) << "half of the entries";
  EXPECT_EQ(fill("second", 0), 25u);
  EXPECT_EQ(put(*spool, "modest", "third"), PutOutcome::kept);
  EXPECT_EQ(put(*spool, std::string(500, 'x'), "large"), PutOutcome::full);
  while (auto entry = spool->take_oldest(kNow)) EXPECT_TRUE(spool->remove(entry->id));
  EXPECT_EQ(put(*spool, std::string(501, 'x'), "large"), PutOutcome::full);
  EXPECT_EQ(put(*spool, std::string(500, 'x'), "large"), PutOutcome::kept);
}

TEST_F(SpoolTest, ReportsADiskThatFails) {
  auto spool = open();
  fs::remove_all(directory_);
  EXPECT_EQ(put(*spool, "lost"), PutOutcome::failed);
  EXPECT_NE(spool->trouble().find("cannot create"), std::string::npos) << spool->trouble();
  EXPECT_EQ(spool->usage().entries, 0u);
  EXPECT_EQ(put(*spool, "lost"), PutOutcome::failed) << "it is not known";
  EXPECT_FALSE(Spool::open((root_ / "missing" / "spool").string()).ok());
}

TEST_F(SpoolTest, SkipsDamagedEntries) {
  auto spool = open();
  put(*spool, "damaged");
  for (const auto& entry : fs::directory_iterator(directory_))
    std::ofstream(entry.path(), std::ios::binary) << "other";
  put(*spool, "whole");
  EXPECT_EQ(spool->take_oldest(kNow)->octets, "whole");
  EXPECT_EQ(spool->usage().entries, 1u);
}

TEST_F(SpoolTest, WorksInMemory) {
  auto opened = Spool::open(spool_directory_of(":memory:"));
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(put(**opened, "one"), PutOutcome::kept);
  EXPECT_EQ(put(**opened, "one"), PutOutcome::known);
  auto entry = (*opened)->take_oldest(kNow);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->octets, "one");
  EXPECT_TRUE((*opened)->remove(entry->id));
  EXPECT_EQ(spool_directory_of("/var/lib/a/state.db"), "/var/lib/a/state.db-reports");
}

TEST_F(SpoolTest, CloseWakesWhoWaits) {
  auto spool = open();
  std::thread waiting([&] { EXPECT_FALSE(spool->take_oldest(std::chrono::minutes(1))); });
  spool->close();
  waiting.join();
  EXPECT_EQ(put(*spool, "late"), PutOutcome::failed);
}

// Many writers, some with the same octets: each is kept once.
TEST_F(SpoolTest, ServesManyThreads) {
  auto spool = open();
  std::atomic<int> kept{0}, known{0};
  std::vector<std::thread> writers;
  for (int t = 0; t < 8; ++t)
    writers.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string octets = "report " + std::to_string(i % 25 + t / 2 * 100);
        const PutOutcome outcome = put(*spool, octets);
        if (outcome == PutOutcome::kept) ++kept;
        if (outcome == PutOutcome::known) ++known;
      }
    });
  std::set<std::string> taken;
  while (taken.size() < 100) {
    auto entry = spool->take_oldest(std::chrono::seconds(30));
    ASSERT_TRUE(entry);
    EXPECT_TRUE(taken.insert(entry->octets).second) << entry->octets;
    EXPECT_TRUE(spool->remove(entry->id));
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(kept, 100);
  EXPECT_EQ(known, 300);
  EXPECT_EQ(spool->usage().bytes, 0u);
}

// A child puts and acknowledges each entry over a pipe; it is killed at a random moment.
std::string acknowledged_until_killed(const std::string& directory, int round) {
  int ends[2];
  if (::pipe(ends) != 0) return "no pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    auto spool = Spool::open(directory);
    if (!spool.ok()) ::_exit(1);
    for (int i = 0;; ++i) {
      const std::string octets = std::to_string(round) + "." + std::to_string(i) + "\n";
      const PutOutcome outcome =
          (*spool)->put(octets, Source::https, false, std::to_string(i), kArrival);
      if (outcome != PutOutcome::kept ||
          ::write(ends[1], octets.data(), octets.size()) != static_cast<ssize_t>(octets.size()))
        ::_exit(2);
    }
  }
  ::close(ends[1]);
  std::string acknowledged(1, '\0');
  if (::read(ends[0], acknowledged.data(), 1) != 1) acknowledged = "no entry";
  std::this_thread::sleep_for(std::chrono::microseconds(round * 97 % 5000));
  ::kill(child, SIGKILL);
  char octets[4096];
  ssize_t got = 0;
  while ((got = ::read(ends[0], octets, sizeof octets)) > 0)
    acknowledged.append(octets, static_cast<size_t>(got));
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return acknowledged;
}

TEST_F(SpoolTest, NothingAcknowledgedIsLostWhenKilled) {
  size_t entries = 0;
  for (int round = 0; round < 100; ++round) {
    const std::string acknowledged = acknowledged_until_killed(directory_, round);
    ASSERT_TRUE(acknowledged.starts_with(std::to_string(round) + ".0\n")) << acknowledged;
    auto spool = open();
    std::string found;
    while (auto entry = spool->take_oldest(kNow)) {
      found += entry->octets;
      ASSERT_TRUE(spool->remove(entry->id));
      ++entries;
    }
    // The last one may be kept and not acknowledged.
    ASSERT_TRUE(found.starts_with(acknowledged)) << found << "\nacknowledged\n" << acknowledged;
  }
  RecordProperty("entries", static_cast<int>(entries));
}

}  // namespace
}  // namespace mtasts::intake
