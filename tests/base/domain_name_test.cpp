// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/domain_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/printable.h"

namespace mtasts {
namespace {

using testing::HasSubstr;

struct Good {
  std::string text;
  std::string name;
  std::string display;
};

TEST(DomainName, TakesNamesAsPeopleWriteThem) {
  const std::string kLabel(63, 'a');
  const std::vector<Good> good = {
      {"example.com", "example.com", "example.com"},                  // plain
      {"Example.COM.", "example.com", "example.com"},                 // case, root's dot
      {"localhost", "localhost", "localhost"},                        // one label
      {"1a.2b.example", "1a.2b.example", "1a.2b.example"},            // digits first, RFC 1123
      {"a--b.example", "a--b.example", "a--b.example"},               // inner hyphens
      {"bücher.example", "xn--bcher-kva.example", "bücher.example"},  // U-label
      {"BÜCHER.Example", "xn--bcher-kva.example", "bücher.example"},  // in capitals
      {"bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"},   // not composed
      {"xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"},  // A-label
      {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"},  // in capitals
      {"straße.example", "xn--strae-oqa.example", "straße.example"},         // not transitional
      {"例え。テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト"},        // ideographic full stop
      {"xn--kra.example", "xn--kra.example", "xn--kra.example"},        // U+02DD is in no U-label
      {kLabel + ".example", kLabel + ".example", kLabel + ".example"},  // the longest label
  };
  for (const Good& c : good) {
    auto name = DomainName::parse(c.text);
    ASSERT_TRUE(name) << c.text << ": " << name.failure().detail;
    EXPECT_EQ(name->text(), c.name) << c.text;
    EXPECT_EQ(name->display(), c.display) << c.text;
  }
}

TEST(DomainName, RefusesWithTheReason) {
  const std::string kLabel(63, 'a');
  const std::string kLongest = kLabel + "." + kLabel + "." + kLabel + "." + std::string(61, 'b');
  ASSERT_TRUE(DomainName::parse(kLongest));
  struct Bad {
    std::string text;
    std::string detail;  // a part
  };
  const std::vector<Bad> bad = {
      {"", "it is empty"},
      {".", "empty label"},                      // the root is no mail domain
      {"..", "empty label"},                     // two dots
      {"a..example", "one dot between labels"},  // empty label inside
      {".example", "empty label"},               // leading dot
      {"a.example..", "empty label"},            // two final dots
      {"a_b.example", "\"_\" is not allowed"},   // underscore
      {"_mta-sts.example.com", "\"_\" is not allowed"},
      {"*.example.com", "\"*\" is not allowed"},        // wildcard
      {"a b.example", "\" \" is not allowed"},          // blank
      {" a.example", "\" \" is not allowed"},           // blank in front
      {"a\n.example", "\"\\x0A\" is not allowed"},      // control, shown safely
      {std::string("a\0.example", 10), "NUL"},          // NUL
      {"-a.example", "hyphen"},                         // leading
      {"a-.example", "hyphen"},                         // trailing
      {"user@example.com", "mail address"},             // a common mistake
      {"https://example.com/", "URL"},                  // another
      {"192.0.2.1", "IP address"},                      // no address literals
      {"2001:db8::1", "IP address"},                    // of either family
      {"1.2.3", "last label is all digits"},            // RFC 1123 §2.1
      {"\uFF11\uFF12\uFF17.0.0.1", "all digits"},       // full-width 127.0.0.1
      {kLabel + "a.example", "64 octets"},              // one too long
      {kLongest + "b", "254 octets"},                   // one too long
      {std::string(70, '\x01') + ".example", "\\x01"},  // long and hostile, shown safely
      {std::string(5000, 'a'), "too long"},             // refused unread
      {"\xFF\xFE.example", "is not a domain name"},     // not UTF-8
      {"xn--a\u00FC.example", "is not a domain name"},  // a false A-label
  };
  for (const Bad& c : bad) {
    auto name = DomainName::parse(c.text);
    ASSERT_FALSE(name) << c.text;
    EXPECT_EQ(name.failure().kind, FailureKind::invalid);
    EXPECT_THAT(name.failure().detail, HasSubstr(c.detail)) << c.text;
    EXPECT_TRUE(is_utf8(name.failure().detail)) << c.text;
    for (char octet : name.failure().detail) EXPECT_FALSE(octet >= 0 && octet < 0x20) << c.text;
  }
}

TEST(DomainName, Compares) {
  EXPECT_EQ(*DomainName::parse("A.example"), *DomainName::parse("a.example."));
  EXPECT_LT(*DomainName::parse("a.example"), *DomainName::parse("b.example"));
}

}  // namespace
}  // namespace mtasts
