// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/external_url.h"

#include <gtest/gtest.h>

namespace mtasts::settings {
namespace {

TEST(ExternalUrl, IsTakenApart) {
  struct Case {
    std::string written, text, authority, prefix, path;
  };
  const Case cases[] = {
      {"", "", "", "", ""},
      {"https://h.example", "https://h.example", "h.example", "", ""},
      {"https://h.example/", "https://h.example", "h.example", "", ""},
      {"https://h.example/x/", "https://h.example/x", "h.example", "/x", "/x"},
      {"https://h.example//x///", "https://h.example//x", "h.example", "//x", "//x"},
      {"https://h.example/a%20b/c", "https://h.example/a%20b/c", "h.example", "/a%20b/c", "/a b/c"},
      {"http://H.Example:8080/x", "http://H.Example:8080/x", "h.example:8080", "/x", "/x"},
      {"https://h.example:443", "https://h.example:443", "h.example", "", ""},
      {"http://h.example:80/", "http://h.example:80", "h.example", "", ""},
      {"http://h.example:443/", "http://h.example:443", "h.example:443", "", ""},
      {"HTTP://192.0.2.1/", "HTTP://192.0.2.1", "192.0.2.1", "", ""},
      {"http://[2001:DB8::1]:8080", "http://[2001:DB8::1]:8080", "[2001:db8::1]:8080", "", ""},
  };
  for (const Case& c : cases) {
    auto url = parse_external_url(c.written);
    ASSERT_TRUE(url.ok()) << c.written << url.failure().detail;
    EXPECT_EQ(url->text, c.text) << c.written;
    EXPECT_EQ(url->authority, c.authority) << c.written;
    EXPECT_EQ(url->prefix, c.prefix) << c.written;
    EXPECT_EQ(url->path, c.path) << c.written;
  }
}

TEST(ExternalUrl, IsRefused) {
  const std::string cases[] = {
      "h.example",                // no scheme
      "//h.example/",             // the same
      "ftp://h.example/",         // another scheme
      "https:/x",                 // no host
      "https:///x",               // an empty host
      "https://:443/",            // the same
      "https://h.example:/",      // empty port
      "https://h.example:0/",     // port 0
      "https://h.example:65536",  // too large
      "https://me@h.example/",    // user
      "https://h.example/?q",     // query
      "https://h.example/#f",     // fragment
      "https://h.example/a b",    // a blank
      "https://h.example/\"",     // a quote
      "https://h.example/%4",     // broken escape
      "https://h.example/%0a",    // line end
      "https://[::1",             // open bracket
      "https://b\xC3\xBC.example",
      "https://h.example/" + std::string(kLongestExternalUrl, 'a'),
  };
  for (const std::string& text : cases) EXPECT_FALSE(parse_external_url(text).ok()) << text;
  EXPECT_EQ(parse_external_url("h.example").failure().detail,
            "\"h.example\" is not a valid base URL; write \"https://host.example/\" or \"\"");
}

}  // namespace
}  // namespace mtasts::settings
