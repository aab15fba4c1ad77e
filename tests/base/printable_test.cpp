// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/printable.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/special_characters.h"

namespace mtasts {
namespace {

struct Case {
  std::string text;
  std::string shown;
};

TEST(Printable, ShowsHostileOctetsSafely) {
  const std::vector<Case> cases = {
      {"", ""},
      {"plain ~", "plain ~"},
      {"café 例", "café 例"},                        // UTF-8 stays
      {"a\tb\r\nc", "a\\x09b\\x0D\\x0Ac"},           // controls
      {std::string("a\0b", 3), "a\\x00b"},           // NUL
      {"\x1B[31m", "\\x1B[31m"},                     // terminal colours
      {"\x7F", "\\x7F"},                             // DEL
      {"\xFF\xFE", "\\xFF\\xFE"},                    // no UTF-8
      {"\xC3", "\\xC3"},                             // cut
      {"\xC3(", "\\xC3("},                           // broken
      {"\xC0\xAF", "\\xC0\\xAF"},                    // overlong
      {"\xE0\x80\xAF", "\\xE0\\x80\\xAF"},           // overlong
      {"\xED\xA0\x80", "\\xED\\xA0\\x80"},           // surrogate
      {"\xF4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"},  // above U+10FFFF
      {"\xC2\x85", "\\xC2\\x85"},                    // C1 control
      {"\xC2\xA0", "\xC2\xA0"},                      // no-break space: a blank all the same
      {"\xE2\x80\xAE"
       "abc",
       "\\xE2\\x80\\xAE"
       "abc"},                              // right-to-left override
      {"\xE2\x80\x8B", "\\xE2\\x80\\x8B"},  // zero-width space
      {"\xE2\x80\xA8", "\\xE2\\x80\\xA8"},  // line separator
      {"\xE2\x81\xA6", "\\xE2\\x81\\xA6"},  // isolate
      {"\xD8\x9C", "\\xD8\\x9C"},           // Arabic letter mark
      {"\xEF\xBB\xBF"
       "a",
       "\\xEF\\xBB\\xBF"
       "a"},                                                     // byte order mark
      {"\xE2\x80\x93", "\xE2\x80\x93"},                          // a dash beside them
      {"\u00AD", "\\xC2\\xAD"},                                  // soft hyphen
      {"\uE000", "\\xEE\\x80\\x80"},                             // private use
      {"\uFFFE", "\\xEF\\xBF\\xBE"},                             // noncharacter
      {"\U0001FFFF", "\\xF0\\x9F\\xBF\\xBF"},                    // noncharacter of another plane
      {"\U000E0041", "\\xF3\\xA0\\x81\\x81"},                    // tag
      {"\U0010FFFD", "\\xF4\\x8F\\xBF\\xBD"},                    // private use of plane 16
      {"\u3164", "\\xE3\\x85\\xA4"},                             // Hangul filler
      {"\uFE0F", "\\xEF\\xB8\\x8F"},                             // variation selector
      {"\u05D0\u0627\u3000\uFFFD", "\u05D0\u0627\u3000\uFFFD"},  // letters, a wide space
  };
  for (const Case& c : cases) EXPECT_EQ(printable(c.text, 100), c.shown);
}

TEST(Printable, CutsAtTheLimit) {
  EXPECT_EQ(printable("abc", 3), "abc");
  EXPECT_EQ(printable("abcd", 3), "abc…");
  EXPECT_EQ(printable("abcd", 0), "…");
  EXPECT_EQ(printable("", 0), "");
  EXPECT_EQ(printable("é", 1), "…");    // a sequence is not split
  EXPECT_EQ(printable("aé", 3), "aé");  // and fits whole
  EXPECT_EQ(printable(std::string(1000000, '\n'), 2), "\\x0A\\x0A…");
}

// Against another statement of the same class, over all of Unicode.
TEST(SpecialCharacters, EveryCodePointThatMisleads) {
  auto misleads = [](char32_t code) {
    bool control = code < 0x20 || (code >= 0x7F && code < 0xA0);
    bool direction = code == 0x061C || code == 0x200E || code == 0x200F ||
                     (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    bool separator = code == 0x2028 || code == 0x2029;
    bool zero_width = (code >= 0x200B && code <= 0x200D) || code == 0x2060 || code == 0xFEFF;
    bool tag = code >= 0xE0000 && code <= 0xE0FFF;
    bool private_use = (code >= 0xE000 && code <= 0xF8FF) || code >= 0xF0000;
    bool noncharacter = (code & 0xFFFE) == 0xFFFE || (code >= 0xFDD0 && code <= 0xFDEF);
    return control || direction || separator || zero_width || tag || private_use || noncharacter;
  };
  for (char32_t code = 0; code <= 0x10FFFF; ++code)
    ASSERT_TRUE(!misleads(code) || misleads_display(code)) << static_cast<uint32_t>(code);
  // What people write stays: ASCII, Latin, Greek, Cyrillic, Hebrew, Arabic, CJK, an emoji.
  for (char32_t code : {U'a', U'~', U' ', U'\u00E9', U'\u03B1', U'\u0416', U'\u05D0', U'\u0627',
                        U'\u4F8B', U'\uAC00', U'\u2026', U'\u00A7', U'\U0001F600'})
    EXPECT_FALSE(misleads_display(code)) << static_cast<uint32_t>(code);
}

TEST(FirstUtf8, DecodesWhatIsWellFormed) {
  struct Decoded {
    std::string_view text;
    char32_t code;
    size_t size;
  };
  for (const Decoded& c : {Decoded{"a", 'a', 1}, Decoded{"\u00E9x", 0xE9, 2},
                           Decoded{"\u4F8B", 0x4F8B, 3}, Decoded{"\U0010FFFF", 0x10FFFF, 4}}) {
    auto first = first_utf8(c.text);
    ASSERT_TRUE(first) << c.text;
    EXPECT_EQ(first->code, c.code);
    EXPECT_EQ(first->size, c.size);
  }
  for (std::string_view bad : {"", "\x80", "\xC3", "\xED\xA0\x80", "\xF4\x90\x80\x80"})
    EXPECT_FALSE(first_utf8(bad)) << bad;
}

TEST(IsUtf8, FollowsRfc3629) {
  const std::vector<std::string> good = {
      "", "a", "\x7F", "é", "例", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF", std::string(1, '\0')};
  for (const std::string& text : good) EXPECT_TRUE(is_utf8(text)) << text;
  const std::vector<std::string> bad = {
      "\x80",                  // continuation alone
      "\xC3",                  // cut
      "a\xE4\xBE",             // cut
      "\xC1\xBF",              // overlong
      "\xE0\x9F\xBF",          // overlong
      "\xF0\x8F\xBF\xBF",      // overlong
      "\xED\xBF\xBF",          // surrogate
      "\xF4\x90\x80\x80",      // too high
      "\xF8\x88\x80\x80\x80",  // five octets
      "\xFF",                  // no lead octet
  };
  for (const std::string& text : bad) EXPECT_FALSE(is_utf8(text));
}

TEST(Quoted, IsPrintableBetweenQuotes) {
  EXPECT_EQ(quoted("a\n", 10), "\"a\\x0A\"");
  EXPECT_EQ(quoted("abcdef", 3), "\"abc…\"");
  EXPECT_EQ(quoted("", 3), "\"\"");
}

TEST(CutText, LeavesNoPartOfACharacter) {
  EXPECT_EQ(cut_text("abc", 3), "abc");
  EXPECT_EQ(cut_text("abcd", 3), "abc");
  EXPECT_EQ(cut_text("ab\u00E9", 3), "ab");
  EXPECT_EQ(cut_text("a\U0001F512b", 4), "a");
  EXPECT_EQ(cut_text("a\U0001F512b", 5), "a\U0001F512");
  EXPECT_EQ(cut_text("a\x80\x80\x80\x80\x80", 5), "a\x80") << "no UTF-8: at most three octets less";
  EXPECT_EQ(cut_text("abc", 0), "");
}

}  // namespace
}  // namespace mtasts
