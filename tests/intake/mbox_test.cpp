// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/mbox.h"

#include <gmock/gmock.h>

#include <sstream>
#include <vector>

namespace mtasts::intake {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> messages(const std::string& text, size_t limit = 1000) {
  std::istringstream in(text);
  MboxReader reader(in, limit);
  std::vector<std::string> all;
  while (auto message = reader.next()) all.push_back(message->octets + (message->cut ? "…" : ""));
  return all;
}

TEST(Mbox, SplitsAtSeparators) {
  EXPECT_THAT(messages("From a@b.example Thu Nov 20 00:04:11 2026\nA: 1\n\none\n\n"
                       "From - Thu Nov 20 00:05:11 2026\r\nB: 2\r\n\r\ntwo\r\n"),
              ElementsAre("A: 1\n\none\n\n", "B: 2\r\n\r\ntwo\r\n"));
  EXPECT_THAT(messages(""), IsEmpty());
  EXPECT_THAT(messages("From a Thu Nov 20 00:04:11 2026\n"), IsEmpty());
}

TEST(Mbox, SentencesAreNoSeparators) {
  EXPECT_THAT(messages("From a Thu Nov 20 00:04:11 2026\nA: 1\n\nx\nFrom b Thu 00:04:11 2026\n\n"
                       "From here on it is text\n"),
              ElementsAre("A: 1\n\nx\nFrom b Thu 00:04:11 2026\n\nFrom here on it is text\n"));
}

TEST(Mbox, RemovesOneQuoteInTheBodyAlone) {
  EXPECT_THAT(messages("From a Thu Nov 20 00:04:11 2026\n>From x\n\n>From y\n>>From z\n>other\n"),
              ElementsAre(">From x\n\nFrom y\n>From z\n>other\n"));
}

TEST(Mbox, TextBeforeTheFirstSeparatorIsAMessage) {
  EXPECT_THAT(messages("A: 1\n\none\n\nFrom b Thu Nov 20 00:05:11 2026\nB: 2\n"),
              ElementsAre("A: 1\n\none\n\n", "B: 2\n"));
}

TEST(Mbox, CutsLargeMessagesAndFindsTheNext) {
  const std::string large(300000, 'x');
  EXPECT_THAT(messages("From a Thu Nov 20 00:04:11 2026\n" + large + "\n\n" +
                           "From b Thu Nov 20 00:05:11 2026\nB: 2\n",
                       10),
              ElementsAre("xxxxxxxxxx…", "B: 2\n"));
  // A separator within a long line is none.
  std::string line(64 * 1024, 'x');
  EXPECT_THAT(messages(line + "From b Thu Nov 20 00:05:11 2026\n", 200000),
              ElementsAre(line + "From b Thu Nov 20 00:05:11 2026\n"));
}

TEST(Mbox, IsToldByItsFirstLine) {
  EXPECT_TRUE(is_mbox("From a@b.example Thu Nov 20 00:04:11 2026\nA: 1\n"));
  EXPECT_FALSE(is_mbox("From: a@b.example 00:04\n"));
  EXPECT_FALSE(is_mbox("From a\n00:04"));
  EXPECT_FALSE(is_mbox("{}"));
}

}  // namespace
}  // namespace mtasts::intake
