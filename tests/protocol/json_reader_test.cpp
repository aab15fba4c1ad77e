// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/json_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "fuzz/json_target.h"

namespace mtasts::protocol {
namespace {

TEST(JsonReader, ReadsWhatItShouldInBlocksOfAnySize) {
  struct {
    std::string text;
    bool good;
  } cases[] = {
      {"{}", true},
      {" [ ] \r\n\t", true},
      {R"({"a":[1,-2.5e+3,"x",true,false,null,{}]})", true},
      {R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00\u0000")", true},  // every escape
      {"\"\xC3\xA9\x7F\"", true},                               // DEL is no control character
      {"0", true},
      {"-0.0e-0", true},
      {"18446744073709551616", true},      // 2^64
      {std::string(500, '9'), true},       // no limit of digits
      {std::string("{}\0rest", 7), true},  // a NUL ends the text
      {"", false},
      {std::string("[\0]", 3), false},
      {"{", false},
      {"[1,]", false},
      {"[,1]", false},
      {"{\"a\"}", false},
      {"{\"a\":}", false},
      {"{\"a\":1,}", false},
      {"{1:2}", false},
      {"[1}", false},
      {"{\"a\":1]", false},
      {"[1 2]", false},
      {"{} {}", false},
      {"01", false},
      {"-", false},
      {"+1", false},
      {".5", false},
      {"1.", false},
      {"1e", false},
      {"1e+", false},
      {"tru", false},
      {"trux", false},
      {"nul ", false},
      {"NaN", false},
      {"'a'", false},
      {"\"a", false},
      {"\"\\x\"", false},
      {"\"\\u12g4\"", false},
      {"\"\\u12", false},
      {"\"\\uD800\"", false},  // half a pair
      {"\"\\uD800\\n\"", false},
      {"\"\\uD800\\u0041\"", false},
      {"\"\\uDC00\"", false},  // the second half alone
      {"\"a\nb\"", false},     // a control character
      {"[\"a\"] // comment", false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(fuzz::json_in_blocks(one.text, 1000).good, one.good) << one.text;
    EXPECT_EQ(fuzz::broken_json_promise(one.text), "") << one.text;
  }
}

TEST(JsonReader, GivesTextsWithoutEscapesAndNumbersAsWritten) {
  const std::string text = R"({"a\u0062":"\uD83D\uDE00\/", "n":-1.50E+400})";
  for (size_t size : {1, 2, 5, 100})
    EXPECT_EQ(fuzz::json_in_blocks(text, size).events,
              "{0:k2:abs5:\xF0\x9F\x98\x80/k1:n#10:-1.50E+400}0:");
}

TEST(JsonReader, DepthTakesABitEach) {
  const std::string deep = std::string(1000000, '[') + std::string(1000000, ']');
  EXPECT_TRUE(fuzz::json_in_blocks(deep, 4096).good);
}

// Texts of pieces of JSON, of which many are nearly right.
TEST(JsonReader, ReadsAsAnotherReaderDoes) {
  constexpr std::string_view kPieces[] = {"{",           "}",           "[",
                                          "]",           ",",           ":",
                                          "\"a\"",       "\"\\u00e9\"", "\"\\uD83D\\uDE00\"",
                                          "\"",          "\\",          "1",
                                          "-2.5",        "1e5",         "0",
                                          "true",        "false",       "null",
                                          " ",           "\r\n",        "\"k\":",
                                          "-",           "\xC3\xA9",    "\x01",
                                          "\"\\uD83D\"", "e",           "1e999"};
  std::mt19937 chance(7);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  for (int turn = 0; turn < 30000; ++turn) {
    std::string text;
    for (size_t pieces = chance() % 12; pieces > 0; --pieces)
      text += kPieces[chance() % std::size(kPieces)];
    ASSERT_EQ(fuzz::broken_json_promise(text), "") << text;
  }
}

}  // namespace
}  // namespace mtasts::protocol
