// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/http_head.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

#include <string>
#include <vector>

namespace mtasts::protocol {
namespace {

HttpHead head_of(const std::vector<std::string>& lines) {
  HttpHead head;
  for (const std::string& line : lines) EXPECT_TRUE(head.add_line(line)) << line;
  return head;
}

struct HeadCase {
  std::vector<std::string> lines;
  bool complete;
  int status;
  std::optional<uint64_t> length;
  const char* reason;
};

TEST(HttpHead, Lines) {
  const HeadCase cases[] = {
      {{"HTTP/1.1 200 OK\r\n", "Content-Length: 5\r\n", "\r\n"}, true, 200, 5, "CRLF"},
      {{"HTTP/1.1 200 OK\n", "content-length:5\n", "\n"}, true, 200, 5, "bare LF, no blank"},
      {{"HTTP/1.1 200\r\n", "\r\n"}, true, 200, std::nullopt, "no reason phrase"},
      {{"HTTP/1.1 200 OK\r\n"}, false, 200, std::nullopt, "no end"},
      {{"HTTP/1.1 100 Continue\r\n", "\r\n"}, false, 0, std::nullopt, "interim"},
      {{"HTTP/1.1 103 Hints\r\n", "Content-Length: 9\r\n", "\r\n", "HTTP/1.1 404 No\r\n", "\r\n"},
       true,
       404,
       std::nullopt,
       "an interim answer's fields are not the final one's"},
      {{"HTTP/1.1 200 OK\r\n", "\r\n", "Content-Length: 7\r\n"},
       true,
       200,
       std::nullopt,
       "a trailer says nothing of the length"},
      {{"HTTP/1.1 200 OK\r\n", "Content-Length: -1\r\n", "\r\n"}, true, 200, std::nullopt, "sign"},
      {{"HTTP/1.1 200 OK\r\n", "Content-Length: 5, 5\r\n", "\r\n"},
       true,
       200,
       std::nullopt,
       "a list is no number"},
      {{"HTTP/1.1 200 OK\r\n", "Content-Length: 18446744073709551616\r\n", "\r\n"},
       true,
       200,
       UINT64_MAX,
       "beyond 64 bits is beyond every limit"},
      {{"HTTP/1.1 xyz\r\n", "\r\n"}, true, 0, std::nullopt, "no number"},
      {{"HTTP/1.1 200 OK\r\n", "no colon\r\n", ": no name\r\n", "\r\n"},
       true,
       200,
       std::nullopt,
       "lines that are no fields"},
  };
  for (const HeadCase& test : cases) {
    HttpHead head = head_of(test.lines);
    EXPECT_EQ(head.complete(), test.complete) << test.reason;
    EXPECT_EQ(head.status(), test.status) << test.reason;
    EXPECT_EQ(head.content_length(), test.length) << test.reason;
  }
}

TEST(HttpHead, FieldsAreTrimmedAndTheLastCounts) {
  HttpHead head = head_of({"HTTP/1.1 200 OK", "Content-Type: a/b", "CONTENT-TYPE: \t text/plain \t",
                           "Location:/x", ""});
  EXPECT_EQ(head.content_type(), "text/plain");
  EXPECT_EQ(head.location(), "/x");
}

TEST(HttpHead, EmptyFieldIsNotAnAbsentOne) {
  EXPECT_EQ(head_of({"HTTP/1.1 200 OK", "Content-Type:", ""}).content_type(), "");
}

TEST(HttpHead, LinesAreBounded) {
  HttpHead head;
  for (int i = 0; i < HttpHead::kMostLines; ++i) EXPECT_TRUE(head.add_line("X: y\r\n"));
  EXPECT_FALSE(head.over_limit());
  EXPECT_FALSE(head.add_line("X: y\r\n"));
  EXPECT_TRUE(head.over_limit());
}

TEST(HttpHead, OctetsAreBounded) {
  HttpHead head;
  EXPECT_TRUE(head.add_line(std::string(HttpHead::kMostBytes, 'x')));
  EXPECT_FALSE(head.add_line("x"));
  EXPECT_TRUE(head.over_limit());
}

}  // namespace
}  // namespace mtasts::protocol
