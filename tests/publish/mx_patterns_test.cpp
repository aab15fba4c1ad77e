// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "publish/mx_patterns.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/sts/sts_policy.h"

namespace mtasts::publish {
namespace {

using testing::HasSubstr;

TEST(MxPatterns, Good) {
  const std::pair<const char*, const char*> good[] = {
      {"mx1.example.com", "mx1.example.com"},        // a host
      {"MX1.EXAMPLE.COM", "mx1.example.com"},        // capitals
      {"*.mail.example.com", "*.mail.example.com"},  // a wildcard
      {"*.example.com", "*.example.com"},            // below the domain itself
      {"example.com", "example.com"},                // the domain itself
      {"b\xC3\xBC"
       "cher.example",
       "xn--bcher-kva.example"},  // a U-label
      {"*.b\xC3\xBC"
       "cher.example",
       "*.xn--bcher-kva.example"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {"smtp.google.com", "smtp.google.com"},
      {"*.aspmx.l.google.com", "*.aspmx.l.google.com"},
      {"*.j-v1.mx.microsoft", "*.j-v1.mx.microsoft"},
  };
  for (const auto& [written, pattern] : good) {
    PatternReading reading = read_patterns({written}, "example.com");
    EXPECT_EQ(reading.errors, std::vector<std::string>()) << written;
    EXPECT_EQ(reading.patterns, std::vector<std::string>{pattern});
    EXPECT_TRUE(protocol::is_mx_pattern(pattern));
  }
}

TEST(MxPatterns, BadOnesAreOneSentenceEach) {
  const std::pair<std::string, const char*> bad[] = {
      {"", "empty"},
      {" ", "empty"},
      {"mx: mx1.example.com", "name of the field"},
      {"mx1.example.com mx2.example.com", "give each pattern alone"},
      {"mx1.example.com,mx2.example.com", "give each pattern alone"},
      {"192.0.2.1", "is an address"},
      {"2001:db8::1", "is an address"},
      {"[192.0.2.1]", "is an address"},
      {"*.192.0.2.1", "is an address"},
      {"*", "no domain"},
      {"*.", "no domain"},
      {"mx*.example.com", "whole first label"},
      {"*.*.example.com", "whole first label"},
      {".example.com", "begins with a dot"},
      {"mx1.example.com.", "final dot"},
      {"*.example.com.", "final dot"},
      {"mx_1.example.com", "underscore"},
      {"mx1..example.com", "empty label"},
      {"-mx.example.com", "hyphen"},
      {"mx1.example.123", "all digits"},
      {std::string(64, 'a') + ".example.com", "at most 63"},
      {"localhost", "complete public name"},
      {"mail", "complete public name"},
      {"mx1.example.com.example.com", "final dot in the MX record"},
      {"*.com", "anybody can register"},
      {"*.co.uk", "anybody can register"},
      {"*.google.com", "wrong depth"},
      {"*.outlook.com", "wrong depth"},
      {"*.mx.microsoft", "wrong depth"},
      {"user@example.com", "mail address"},
      {"https://mx1.example.com", "URL"},
      {"\x1B[2J.example.com", "\\x1B"},
  };
  for (const auto& [written, sentence] : bad) {
    PatternReading reading = read_patterns({written}, "example.com");
    ASSERT_EQ(reading.errors.size(), 1u) << written;
    EXPECT_THAT(reading.errors[0], HasSubstr(sentence)) << written;
    EXPECT_EQ(reading.errors[0].find('\n'), std::string::npos);
    EXPECT_EQ(reading.errors[0].find('\x1B'), std::string::npos);
  }
}

TEST(MxPatterns, DuplicatesAfterReading) {
  PatternReading reading =
      read_patterns({"MX1.example.com", "mx1.example.com", "mx2.example.com"}, "example.com");
  ASSERT_EQ(reading.errors.size(), 1u);
  EXPECT_THAT(reading.errors[0], HasSubstr("given twice"));
  EXPECT_EQ(read_patterns({"a_b", "192.0.2.1"}, "example.com").errors.size(), 2u) << "each";
  EXPECT_EQ(read_patterns(std::vector<std::string>(1001, "a_b"), "example.com").errors.size(), 1u);
}

TEST(MxPatterns, MaxAge) {
  const std::pair<const char*, uint64_t> good[] = {
      {"604800", 604800}, {"7d", 604800},    {"1w", 604800},        {"90s", 90},
      {"0086400", 86400}, {"1d12h", 129600}, {"31557600", 31557600}};
  for (const auto& [text, seconds] : good) {
    auto read = read_max_age(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, seconds);
  }
  for (const char* text : {"", "0", "0s", "-1", "7 d", "7x", "1500ms", "31557601", "366d",
                           "99999999999999999999", "6e5", "604800.0", "+60", "week"}) {
    auto read = read_max_age(text);
    ASSERT_FALSE(read.ok()) << text;
    EXPECT_EQ(read.failure().detail.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace mtasts::publish
