// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/utf8_checker.h"

#include <gtest/gtest.h>

#include <random>

#include "base/printable.h"

namespace mtasts {
namespace {

bool is_utf8_in_blocks(std::string_view text, size_t size) {
  Utf8Checker checker;
  for (; !text.empty(); text.remove_prefix(std::min(size, text.size())))
    if (!checker.add(text.substr(0, size))) return false;
  return checker.is_complete();
}

TEST(Utf8Checker, JudgesAsTheWholeTextIsJudged) {
  constexpr std::string_view kPieces[] = {"a",    "plain text",       "\xC3\xA9", "\xE2\x82\xAC",
                                          "\xC3", "\xF0\x9F\x98\x80", "\xE2\x82", "\xF0\x9F",
                                          "\x80", "\xED\xA0\x80",     "\xC0\x80", "\xFF"};
  std::mt19937 chance(3);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  for (int turn = 0; turn < 20000; ++turn) {
    std::string text;
    const size_t kinds = turn % 2 == 0 ? 4 : std::size(kPieces);
    for (size_t pieces = chance() % 6; pieces > 0; --pieces) text += kPieces[chance() % kinds];
    for (size_t size : {1, 2, 3, 5, 100})
      ASSERT_EQ(is_utf8_in_blocks(text, size), is_utf8(text)) << quoted(text, 200) << size;
  }
}

}  // namespace
}  // namespace mtasts
