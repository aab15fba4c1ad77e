// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/request_target.h"

#include <gtest/gtest.h>

#include "web/web_fixture.h"

namespace mtasts::web {
namespace {

TEST(RequestTarget, GoodOnes) {
  struct Case {
    const char* target;
    const char* path;
    std::map<std::string, std::string> query;
  };
  const Case kCases[] = {
      {"/", "/", {}},                               // the shortest
      {"/a?b=c&d", "/a", {{"b", "c"}, {"d", ""}}},  // with and without value
      {"/%41?%62=%63+d", "/A", {{"b", "c d"}}},     // escapes, '+'
      {"/a?name[]=up", "/a", {{"name[]", "up"}}},   // as clients send it
      {"/b\xC3\xBC", "/b\xC3\xBC", {}},             // UTF-8 as it is
      {"http://host/a?b=1", "/a", {{"b", "1"}}},    // absolute form
      {"HTTPS://[::1]:443", "/", {}},               // without a path
      {"/a?b=1&b=2", "/a", {{"b", "1"}}},           // the first one counts
      {"/a#b", "/a", {}},                           // a fragment is dropped
      {"//a", "//a", {}},                           // an empty segment
  };
  for (const Case& c : kCases) {
    const auto target = parse_target(c.target);
    ASSERT_TRUE(target) << c.target;
    EXPECT_EQ(target->path, c.path) << c.target;
    EXPECT_EQ(target->query, c.query) << c.target;
  }
}

TEST(RequestTarget, BadOnes) {
  const std::string kCases[] = {
      "",                            // nothing
      "*",                           // the server
      "host:443",                    // authority form
      "ftp://host/",                 // another scheme
      "http:/a",                     // no authority
      "/%zz",                        // no hexadecimal digits
      "/%2",                         // cut
      "/%00",                        // NUL
      "/a%0d%0ab",                   // a line end
      "/?a=%1b",                     // an escape sequence
      "a:<",                         // one octet that no path holds: an assertion of Boost 1.81
      "a:#",                         // the same
      "a:\xC3",                      // the same
      "http:?",                      // the same
      "a:<<",                        // two of them
      ":<",                          // no scheme
      "/" + std::string(5000, 'a'),  // too long
      "/?" + std::string(kMostParameters, '&'),  // too many parameters
  };
  for (const std::string& text : kCases) EXPECT_FALSE(parse_target(text)) << text;
}

class HostileRequest : public WebServerTest {};

TEST_F(HostileRequest, DoesNotEndTheServer) {
  start();
  EXPECT_EQ(HttpClient(port_).get("a:<").status, 400);
  EXPECT_EQ(HttpClient(port_).get("/-/reload", "Origin: a:<\r\n", "POST").status, 403);
  EXPECT_TRUE(answers_within(std::chrono::seconds(10)));
}

}  // namespace
}  // namespace mtasts::web
