// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/console_text.h"

#include <gtest/gtest.h>

namespace mtasts::cli {
namespace {

TEST(ConsoleText, ColourOnlyWhereItIsWanted) {
  struct Case {
    bool terminal;
    std::map<std::string, std::string> environment;
    bool colour;
    const char* why;
  };
  const Case cases[] = {
      {true, {}, true, "a terminal"},
      {false, {}, false, "a pipe or a file"},
      {true, {{"NO_COLOR", "1"}}, false, "switched off"},
      {true, {{"NO_COLOR", "0"}}, false, "no-color.org: any value counts"},
      {true, {{"NO_COLOR", ""}}, true, "no-color.org: empty is not set"},
      {true, {{"TERM", "dumb"}}, false, "a terminal without escape sequences"},
      {true, {{"TERM", "xterm"}}, true, "a terminal with them"},
  };
  for (const Case& c : cases) EXPECT_EQ(wants_colour(c.terminal, c.environment), c.colour) << c.why;
}

TEST(ConsoleText, StylesOnlyWithColour) {
  EXPECT_EQ(styled("x", Style::red, false), "x");
  EXPECT_EQ(styled("x", Style::red, true), "\x1B[1;31mx\x1B[0m");
  EXPECT_EQ(styled("x", Style::plain, true), "x");
  EXPECT_EQ(styled("", Style::red, true), "");
}

TEST(ConsoleText, WidthCountsCharactersNotOctetsNorEscapes) {
  EXPECT_EQ(shown_width("bücher"), 6u);
  EXPECT_EQ(shown_width(styled("bad", Style::red, true)), 3u);
  EXPECT_EQ(shown_width("\x1B[1"), 0u) << "a sequence without end";
  EXPECT_EQ(padded("bü", 4), "bü  ");
  EXPECT_EQ(padded("longer", 4), "longer");
}

TEST(ConsoleText, WrapsAtBlanks) {
  struct Case {
    const char* text;
    Wrap wrap;
    const char* expected;
    const char* why;
  };
  const Case cases[] = {
      {"one two three", {9, 0, 0, false}, "one two\nthree", "the third word is over the width"},
      {"one two", {7, 0, 0, false}, "one two", "exactly the width"},
      {"one two three", {11, 4, 2, true}, "    one two\n  three", "both indents are written"},
      {"one two three", {11, 4, 2, false}, "one two\n  three", "the caller wrote the first"},
      {"https://a.example/long", {10, 0, 0, false}, "https://a.example/long", "never cut a word"},
      {"see https://a.example/x now",
       {10, 0, 2, false},
       "see\n  https://a.example/x\n  now",
       "a long word gets its own line"},
      {"one\ntwo", {80, 0, 2, false}, "one\n  two", "line ends stay"},
      {"one\n\ntwo", {80, 0, 2, false}, "one\n\n  two", "an empty line has no trailing blanks"},
      {"", {80, 2, 2, true}, "  ", "nothing to wrap"},
      {"a  b ", {80, 0, 0, false}, "a b", "blanks collapse"},
  };
  for (const Case& c : cases) EXPECT_EQ(wrapped(c.text, c.wrap), c.expected) << c.why;
}

}  // namespace
}  // namespace mtasts::cli
