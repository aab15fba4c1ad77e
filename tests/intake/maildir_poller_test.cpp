// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/maildir_poller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "fakes/certificate_factory.h"
#include "fakes/wait_until.h"
#include "intake/maildir_folder.h"
#include "intake/unpack.h"

namespace mtasts::intake {
namespace {

using fakes::wait_until;
using testing::HasSubstr;

class MaildirTest : public testing::Test {
 protected:
  MaildirTest() {
    for (const char* name : {"new", "cur", "tmp"}) std::filesystem::create_directory(path() / name);
  }
  ~MaildirTest() override { poller_.reset(); }

  const std::filesystem::path& path() const { return directory_.path(); }
  void write(const std::string& name, const std::string& octets) const {
    std::ofstream(path() / name, std::ios::binary) << octets;
  }
  void start() {
    poller_ = std::make_unique<MaildirPoller>(
        MaildirOptions{.path = path(), .interval = std::chrono::milliseconds(5)},
        [this](std::string octets) {
          const std::lock_guard lock(mutex_);
          if (answer_ != PutOutcome::kept) return answer_;
          return seen_.insert(octets).second ? PutOutcome::kept : PutOutcome::known;
        });
  }
  std::multiset<std::string> seen() const {
    const std::lock_guard lock(mutex_);
    return {seen_.begin(), seen_.end()};
  }
  void answer(PutOutcome value) {
    const std::lock_guard lock(mutex_);
    answer_ = value;
  }
  bool exists(const std::string& name) const { return std::filesystem::exists(path() / name); }

  fakes::TemporaryDirectory directory_;
  std::unique_ptr<MaildirPoller> poller_;
  mutable std::mutex mutex_;
  std::set<std::string> seen_;
  PutOutcome answer_ = PutOutcome::kept;
};

TEST(SeenName, AddsTheFlag) {
  EXPECT_EQ(seen_name("1.host"), "1.host:2,S");
  EXPECT_EQ(seen_name("1.host:2,"), "1.host:2,S");
  EXPECT_EQ(seen_name("1.host:2,TFR"), "1.host:2,FRST");  // in the order of ASCII
  EXPECT_EQ(seen_name("1.host,S=12:2,F"), "1.host,S=12:2,FS");
}

TEST_F(MaildirTest, ReadsOnceAndMarksAsSeen) {
  write("new/1.host", "one");
  write("cur/2.host:2,F", "two");
  write("cur/3.host:2,S", "seen by somebody");
  write("cur/4.host:2,T", "in the trash");
  write("tmp/5.host", "not complete");
  write("new/.6.host", "hidden");
  start();
  ASSERT_TRUE(wait_until("both", [&] { return poller_->status().messages_total == 2; }));
  EXPECT_EQ(seen(), (std::multiset<std::string>{"one", "two"}));
  EXPECT_TRUE(exists("cur/1.host:2,S"));
  EXPECT_FALSE(exists("new/1.host"));
  EXPECT_TRUE(exists("cur/2.host:2,FS"));
  EXPECT_TRUE(exists("tmp/5.host"));
  write("new/7.host", "seven");
  ASSERT_TRUE(wait_until("the new one", [&] { return seen().contains("seven"); }));
  ASSERT_TRUE(wait_until("its end", [&] { return poller_->status().messages_total == 3; }));
  EXPECT_EQ(poller_->status().last_error, "");
  EXPECT_NE(poller_->status().last_success, kNever);
}

TEST_F(MaildirTest, LeavesAloneWhatIsNoMessage) {
  std::filesystem::create_symlink("/etc/passwd", path() / "new/link");
  std::filesystem::create_directory(path() / "new/folder");
  ::mkfifo((path() / "new/pipe").c_str(), 0600);
  write("new/huge", "");
  std::filesystem::resize_file(path() / "new/huge", kMailLimit_bytes + 1);  // sparse
  write("new/limit", "");
  std::filesystem::resize_file(path() / "new/limit", kMailLimit_bytes);
  write("new/z", "mail");
  start();
  ASSERT_TRUE(wait_until("a clean look", [&] {
    const MaildirStatus status = poller_->status();
    return status.messages_total == 2 && status.last_error.empty();
  }));
  EXPECT_TRUE(seen().contains("mail"));
  EXPECT_EQ(seen().size(), 2u);
  const MaildirStatus status = poller_->status();
  EXPECT_EQ(status.failures_total, 4u);  // each told once
  EXPECT_EQ(status.oversize_total, 1u);
  EXPECT_THAT(status.note, HasSubstr("4 files in the Maildir are left alone"));
  EXPECT_TRUE(exists("new/huge"));
}

TEST_F(MaildirTest, KeepsMailWhileThereIsNoRoom) {
  write("new/1", "one");
  answer(PutOutcome::full);
  start();
  ASSERT_TRUE(wait_until("a failure", [&] { return poller_->status().failures_total > 0; }));
  EXPECT_THAT(poller_->status().last_error, HasSubstr("no room"));
  EXPECT_TRUE(exists("new/1"));
  answer(PutOutcome::kept);
  ASSERT_TRUE(wait_until("the message", [&] { return poller_->status().messages_total == 1; }));
  EXPECT_TRUE(exists("cur/1:2,S"));
}

TEST_F(MaildirTest, TellsThatItIsNoMaildir) {
  std::filesystem::remove(path() / "new");
  start();
  ASSERT_TRUE(wait_until("a failure", [&] { return poller_->status().failures_total > 0; }));
  EXPECT_THAT(poller_->status().last_error, HasSubstr("cannot be used as a Maildir"));
  EXPECT_THAT(poller_->status().last_error, HasSubstr("new: No such file or directory"));
}

// A message whose place in cur/ is taken is kept once, and replaces nothing.
TEST_F(MaildirTest, ReplacesNothing) {
  write("new/1", "new");
  write("cur/1:2,S", "old");
  start();
  ASSERT_TRUE(wait_until("two looks", [&] { return poller_->status().failures_total >= 2; }));
  EXPECT_EQ(poller_->status().messages_total, 1u);
  EXPECT_THAT(poller_->status().last_error, HasSubstr("File exists"));
  EXPECT_TRUE(exists("new/1"));
  std::ifstream stream(path() / "cur/1:2,S");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), "old");
}

}  // namespace
}  // namespace mtasts::intake
