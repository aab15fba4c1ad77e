// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/word_option.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

namespace mtasts::cli {
namespace {

enum class Colour : uint8_t { red, green, blue };
const std::map<std::string, Colour> kColours = {{"green", Colour::green}, {"blue", Colour::blue}};

struct Options {
  Colour one = Colour::red;
  std::vector<Colour> several;
};

// What the library prints about the arguments; empty: they were read.
std::string complaint(Options& options, const std::string& arguments) {
  CLI::App app;
  app.add_option("--one", options.one)->transform(one_of(kColours));
  app.add_option("--several", options.several)->transform(one_of(kColours));
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return error.what();
  }
  return {};
}

TEST(WordOption, ReadsTheWords) {
  Options options;
  EXPECT_EQ(complaint(options, "--one blue --several green blue"), "");
  EXPECT_EQ(options.one, Colour::blue);
  EXPECT_EQ(options.several, (std::vector<Colour>{Colour::green, Colour::blue}));
}

TEST(WordOption, NamesTheWordsWhenItIsNoneOfThem) {
  Options options;
  EXPECT_EQ(complaint(options, "--one pink"), "--one: \"pink\" is none of blue, green");
  EXPECT_EQ(complaint(options, "--several green 1"), "--several: \"1\" is none of blue, green");
  EXPECT_EQ(complaint(options, "--one \"b\x1b[1m\""),
            "--one: \"b\\x1B[1m\" is none of blue, green");
}

}  // namespace
}  // namespace mtasts::cli
