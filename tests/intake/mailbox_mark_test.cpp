// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mailbox_mark.h"

#include <gtest/gtest.h>

#include "fakes/certificate_factory.h"

namespace mtasts::intake {
namespace {

MailboxMark example() {
  MailboxMark mark;
  mark.mailbox = "ab";
  mark.uid_validity = 17;
  for (uint32_t uid : {3u, 5u, 8u}) mark.settle(uid, uid != 5);
  return mark;
}

TEST(MailboxMark, KnowsWhatIsOpen) {
  MailboxMark mark = example();
  EXPECT_FALSE(mark.is_open(3));
  EXPECT_FALSE(mark.is_open(4));
  EXPECT_TRUE(mark.is_open(5));
  EXPECT_TRUE(mark.is_open(9));
  mark.settle(5, true);
  EXPECT_FALSE(mark.is_open(5));
  EXPECT_EQ(mark.highest, 8u);
}

TEST(MailboxMark, StopsWhenTooManyFail) {
  MailboxMark mark;
  for (uint32_t uid = 1; uid <= MailboxMark::kMostAgain; ++uid)
    EXPECT_TRUE(mark.settle(uid, false));
  const MailboxMark before = mark;
  EXPECT_FALSE(mark.settle(5000, false));
  EXPECT_EQ(mark, before);
  EXPECT_EQ(parse_mailbox_mark(text_of(mark)), mark);
}

TEST(MailboxMark, IsKeptInAFile) {
  const fakes::TemporaryDirectory directory;
  const auto file = directory.path() / "mark";
  ASSERT_TRUE(save_mailbox_mark(file, example()));
  EXPECT_EQ(load_mailbox_mark(file, "ab"), example());
  EXPECT_EQ(load_mailbox_mark(file, "another").highest, 0u);
  EXPECT_EQ(load_mailbox_mark(directory.path() / "none", "ab").highest, 0u);
  EXPECT_FALSE(save_mailbox_mark(directory.path() / "none" / "mark", example()));
}

// A file that was cut, or changed in any octet, says nothing.
TEST(MailboxMark, RefusesADamagedFile) {
  const std::string text = text_of(example());
  ASSERT_EQ(parse_mailbox_mark(text), example());
  for (size_t size = 0; size + 1 < text.size(); ++size)
    EXPECT_FALSE(parse_mailbox_mark(text.substr(0, size))) << size;
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == '7' ? '8' : '7';
    EXPECT_FALSE(parse_mailbox_mark(changed)) << at;
  }
}

}  // namespace
}  // namespace mtasts::intake
