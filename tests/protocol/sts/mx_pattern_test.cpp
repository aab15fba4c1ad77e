// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include "protocol/sts/sts_policy.h"

namespace mtasts::protocol {
namespace {

TEST(MxPattern, Grammar) {
  const std::string kLabel(63, 'a');
  const std::string kName = kLabel + "." + kLabel + "." + kLabel + "." + std::string(61, 'b');
  const std::vector<std::string> good = {
      "a",                      // RFC 5321: one label is a Domain
      "mail.example.com",       // plain
      "MAIL.Example.COM",       // any case
      "*.example.com",          // wildcard
      "*.com",                  // broad, but matches the grammar
      "1mx.2.example",          // digits
      "xn--bcher-kva.example",  // A-label
      "a--b.example",           // inner hyphens
      "mx1.example.123",        // RFC 5321 allows a last label of digits
      "192.0.2.1",              // hence addresses
      kLabel + ".example",      // the longest label
      kName,                    // 253 octets
      "*." + kName,             // the wildcard is not part of the name
  };
  for (const std::string& pattern : good) EXPECT_TRUE(is_mx_pattern(pattern)) << pattern;
  const std::vector<std::string> bad = {
      "",              // nothing
      "*",             // bare wildcard
      "*.",            // no suffix
      ".",             // root
      ".example.com",  // habit of old policy generators
      "example.com.",  // trailing dot
      "a..example",    // empty label
      "*a.example",    // partial wildcard
      "a*.example",    // partial wildcard
      "a.*.example",   // inner wildcard
      "*.*.example",   // two wildcards
      "**.example",    // two asterisks
      "a_b.example",   // underscore
      "-a.example",    // leading hyphen
      "a-.example",    // trailing hyphen
      "a b.example",   // blank
      "b\xC3\xBC"
      "cher.example",          // U-label
      "[192.0.2.1]",           // address literal
      "2001:db8::1",           // address
      "a.example:25",          // port
      kLabel + "a.example",    // 64 octets in a label
      kName + "b",             // 254 octets
      std::string("a\0b", 3),  // NUL
  };
  for (const std::string& pattern : bad) EXPECT_FALSE(is_mx_pattern(pattern)) << pattern;
}

TEST(MxPattern, HostNamesDoNotEndInDigits) {
  for (const char* name : {"a", "mx1.2.example", "1a", "xn--bcher-kva.example"})
    EXPECT_TRUE(is_rfc1123_host_name(name)) << name;
  for (const char* name : {"", "192.0.2.1", "mx1.example.123", "7", "a.1", "a_b", "*.a"})
    EXPECT_FALSE(is_rfc1123_host_name(name)) << name;
}

struct Match {
  std::string pattern;
  std::string host;
  bool matches;
  bool too_shallow;
};

TEST(MxPattern, MatchesOneLabel) {
  const std::vector<Match> cases = {
      {"mail.example.com", "mail.example.com", true, false},     // equal
      {"Mail.example.com", "mail.EXAMPLE.com", true, false},     // case-insensitive
      {"mail.example.com", "mail.example.com.", true, false},    // trailing dot
      {"mail.example.com", "mail.example.org", false, false},    // another name
      {"mail.example.com", "a.mail.example.com", false, false},  // no implied wildcard
      {"*.example.com", "mail.example.com", true, false},        // one label
      {"*.EXAMPLE.com", "MAIL.example.com", true, false},        // case-insensitive
      {"*.example.com", "example.com", false, false},            // no label
      {"*.example.com", ".example.com", false, false},           // an empty label
      {"*.example.com", "a.b.example.com", false, true},         // two labels
      {"*.example.com", "a.b.c.example.com", false, true},       // three
      {"*.example.com", "aexample.com", false, false},           // no dot between
      {"*.example.com", "a.bexample.com", false, false},         // another suffix
      {"*.example.com", "my_mx.example.com", true, false},       // any characters in the label
      {"*.google.com", "aspmx.l.google.com", false, true},       // the common mistake
      {"*.com", "example.com", true, false},                     // broad, but one label
      {"*.example.com", "*.example.com", false, false},          // a pattern is not a host
      {"*.example.com", "a.*.example.com", false, false},        // nor is this one
      {"mx*.example.com", "mx1.example.com", false, false},      // partial wildcard
      {"*", "example", false, false},                            // bare wildcard
      {".example.com", "mx.example.com", false, false},          // habit of old policy generators
      {"", "", false, false},                                    // both empty
      {"*.", "a.", false, false},                                // empty suffix
      {"a_b.example", "a_b.example", false, false},              // not a valid pattern
  };
  for (const Match& c : cases) {
    EXPECT_EQ(mx_pattern_matches(c.pattern, c.host), c.matches) << c.pattern << " " << c.host;
    EXPECT_EQ(mx_pattern_is_too_shallow(c.pattern, c.host), c.too_shallow)
        << c.pattern << " " << c.host;
  }
}

}  // namespace
}  // namespace mtasts::protocol
