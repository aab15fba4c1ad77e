// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include "settings/endpoint.h"
#include "settings/key_depth.h"
#include "settings/nearest_name.h"

namespace mtasts::settings {
namespace {

TEST(Endpoint, Good) {
  struct Case {
    const char* text;
    uint16_t default_port;
    const char* expected;
    const char* why;
  };
  const Case cases[] = {
      {"127.0.0.1:53", 0, "127.0.0.1:53", "address and port"},
      {"[::1]:53", 0, "[::1]:53", "IPv6 in brackets"},
      {"127.0.0.1", 53, "127.0.0.1:53", "default port"},
      {"::1", 53, "[::1]:53", "bare IPv6: every colon is the address's"},
      {"[::1]", 53, "[::1]:53", "brackets without a port"},
      {"0.0.0.0:65535", 0, "0.0.0.0:65535", "highest port"},
      {"[::ffff:192.0.2.1]:1", 0, "[::ffff:192.0.2.1]:1", "mapped address"},
  };
  for (const Case& c : cases) {
    auto endpoint = parse_endpoint(c.text, c.default_port);
    ASSERT_TRUE(endpoint.ok()) << c.why << ": " << c.text;
    EXPECT_EQ(endpoint->text(), c.expected) << c.why;
  }
}

TEST(Endpoint, Bad) {
  const char* const cases[] = {
      "",             // nothing
      ":53",          // no address
      "127.0.0.1",    // no port and no default
      "::1",          // the same
      "::1:53",       // an address of its own, without a port
      "127.0.0.1:",   // empty port
      "127.0.0.1:0",  // port 0
      "127.0.0.1:65536",
      "127.0.0.1:+53",  // a sign
      "127.0.0.1:53 ",  // a blank
      "localhost:53",   // a name
      "[::1",           // open bracket
      "[::1]53",        // no colon
      "[::1]:",         // empty port
      "[]:53",          // empty brackets
      "[127.0.0.1]:53",
      "[::1%lo]:53",  // zone
      "1.2.3.4:5:6",  // two colons
  };
  for (const char* text : cases) {
    auto endpoint = parse_endpoint(text, 0);
    ASSERT_FALSE(endpoint.ok()) << text;
    EXPECT_NE(endpoint.failure().detail.find(text), std::string::npos) << "names the text";
  }
}

TEST(NearestName, Finds) {
  const std::vector<std::string_view> names = {"interval", "timeout", "tries", "tls"};
  struct Case {
    const char* text;
    const char* expected;
    const char* why;
  };
  const Case cases[] = {
      {"intervall", "interval", "a letter too many"},
      {"intrval", "interval", "a letter missing"},
      {"itnerval", "interval", "two swapped"},
      {"INTERVAL", "interval", "capitals"},
      {"try", "", "nothing near"},
      {"tsl", "tls", "a short name, one slip"},
      {"xyz", "", "three slips of three"},
      {"", "", "empty"},
  };
  for (const Case& c : cases)
    EXPECT_EQ(nearest_name(c.text, names).value_or(""), c.expected) << c.why;
  EXPECT_FALSE(nearest_name(std::string(100'000, 'a'), names)) << "bounded";
}

TEST(KeyDepth, ReadsStringsAndCommentsAsTomlDoes) {
  struct Case {
    const char* text;
    bool deep;
    const char* why;
  };
  const Case cases[] = {
      {"a.b.c.d.e.f.g.h = 1", false, "just few enough"},
      {"a.b.c.d.e.f.g.h.i = 1", true, "one too many"},
      {"[a.b.c.d.e.f.g.h.i]", true, "a header"},
      {"x = {a.b.c.d.e.f.g.h.i = 1}", true, "in an inline table"},
      {"a.\"b\".c.'d'.e.f.g.h.i = 1", true, "quoted parts"},
      {"x = \"a.b.c.d.e.f.g.h.i\"", false, "a string"},
      {"x = 'a.b.c.d.e.f.g.h.i'", false, "a literal string"},
      {"x = \"\\\"a.b.c.d.e.f.g.h.i\"", false, "an escaped quote"},
      {"x = 'a\\'\na.b.c.d.e.f.g.h.i = 1", true, "no escapes in a literal string"},
      {"x = \"\"\"\na.b.c.d.e.f.g.h.i\n\"\"\"", false, "a string over lines"},
      {"x = \"\"\"a\"\"\"\"\"\na.b.c.d.e.f.g.h.i = 1", true, "two quotes before the closing three"},
      {"x = '''a'''\na.b.c.d.e.f.g.h.i = 1", true, "behind a string over lines"},
      {"# a.b.c.d.e.f.g.h.i\nx = 1", false, "a comment"},
      {"x = \"\"\na.b.c.d.e.f.g.h.i = 1", true, "behind an empty string"},
      {"x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]", false, "numbers"},
      {"a.b = 1\na.c = 1\na.d = 1\na.e = 1\na.f = 1\na.g = 1", false, "many lines"},
      {"x = \"a", false, "a string without end"},
      {"x = \"\"\"a", false, "the same over lines"},
      {"x = \"\\", false, "an escape at the end"},
      {"", false, "nothing"},
  };
  for (const Case& c : cases) EXPECT_EQ(find_deep_key(c.text).has_value(), c.deep) << c.why;
}

TEST(KeyDepth, Position) {
  auto deep = find_deep_key("x = 1\n a.b.c.d.e.f.g.h.i = 1");
  ASSERT_TRUE(deep);
  EXPECT_EQ(deep->line, 2);
  EXPECT_EQ(deep->column, 17);
}

}  // namespace
}  // namespace mtasts::settings
