// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/ascii.h"

#include <gtest/gtest.h>

namespace mtasts {
namespace {

TEST(AsciiCase, LeavesOtherOctetsAlone) {
  EXPECT_EQ(ascii_lower("AZ[@`{\xC3\x84"), "az[@`{\xC3\x84");
  EXPECT_EQ(ascii_upper("az[@`{\xC3\xA4"), "AZ[@`{\xC3\xA4");
  EXPECT_TRUE(equals_ignoring_case("MiXed", "mIxED"));
  EXPECT_TRUE(equals_ignoring_case("", ""));
  EXPECT_FALSE(equals_ignoring_case("a", "ab"));
  EXPECT_FALSE(equals_ignoring_case("\xC3\x84", "\xC3\xA4"));
  EXPECT_FALSE(equals_ignoring_case("@", "`"));
}

TEST(AsciiClasses, AreOfTheirCharactersOnly) {
  std::string digits, letters, hexadecimal;
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    if (is_digit(c)) digits += c;
    if (is_letter(c)) letters += c;
    if (is_hex_digit(c)) hexadecimal += c;
    EXPECT_EQ(is_alphanumeric(c), is_digit(c) || is_letter(c)) << octet;
    EXPECT_EQ(is_ascii(c), octet < 0x80) << octet;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(hexadecimal, "0123456789ABCDEFabcdef");
}

TEST(Trim, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \r\n"), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim(" a\r", " \t"), "a\r") << "only the blanks asked for";
  EXPECT_EQ(trim("\v\xC2\xA0"), "\v\xC2\xA0") << "no blanks";
}

TEST(LabelName, IsPrometheusOwnGrammar) {
  for (const char* name : {"a", "_", "__name__", "team_1", "Z9"})
    EXPECT_TRUE(is_label_name(name)) << name;
  for (const char* name : {"", "1a", "a-b", "a.b", "a:b", " a", "caf\xC3\xA9"})
    EXPECT_FALSE(is_label_name(name)) << name;
}

}  // namespace
}  // namespace mtasts
