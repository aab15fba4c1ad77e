// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/name_list.h"

#include <gtest/gtest.h>

#include "state/stage_text.h"
#include "state/state_samples.h"

namespace mtasts::state {
namespace {

TEST(NameList, AnyOctetsComeBack) {
  std::string all;
  for (int octet = 0; octet < 256; ++octet) all += static_cast<char>(octet);
  const std::vector<std::vector<std::string>> good = {
      {},                                      // nothing
      {""},                                    // one empty name
      {"", ""},                                // two
      {"mx.example.com"},                      // the usual
      {"mx1.example.com", "mx2.example.com"},  // several
      {all, "\\-", "\\032", " "},              // like escapes
  };
  for (const auto& names : good) EXPECT_EQ(split_names(join_names(names)), names);
}

TEST(NameList, IsForPeople) {
  EXPECT_EQ(join_names({"mx1.example.com", "mx2.example.com"}), "mx1.example.com mx2.example.com");
  EXPECT_EQ(join_names({"a b", "", "\xff"}), "a\\032b \\- \\255");
}

TEST(NameList, ReadsWhatItNeverWrites) {
  EXPECT_EQ(split_names("  a  b "), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split_names("\\9 \\999 \\12x"), (std::vector<std::string>{"\\9", "\\999", "\\12x"}));
  EXPECT_TRUE(split_times("x 1y").empty());
}

TEST(NameList, TimesComeBack) {
  const std::vector<Time> times = {at_second(1), Time{}, at_second(-3000000000)};
  EXPECT_EQ(split_times(join_times(times)), times);
}

TEST(StageText, ComesBack) {
  board::LastResults stages = plain_stages(at_second(5));
  stages[1] = {verdict::StageResult::fail, at_second(2)};
  stages[2] = {};
  expect_same(parse_stage_text(stage_text(stages)), stages);
  expect_same(parse_stage_text(""), board::LastResults{});
  expect_same(parse_stage_text("record pass x; moon fail 1; smtp perhaps 5;;"),
              board::LastResults{});
}

}  // namespace
}  // namespace mtasts::state
