// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/content_type.h"

#include <gtest/gtest.h>

#include "protocol/http/attempt.h"

namespace mtasts::protocol {
namespace {

TEST(ContentType, ParametersThatEverySenderTakes) {
  for (const char* good :
       {"text/plain", "text/plain;", "text/plain; ", "text/plain; charset=utf-8",
        "text/plain;charset=UTF8", "text/plain ; charset=\"us-ascii\" ",
        "text/plain; charset=ASCII", "text/plain; format=flowed; charset=iso-8859-1",
        "text/plain; charset=Windows-1252", "text/plain; x=\"a;b\\\"c\"; charset=koi8-r",
        "text/plain; charset = utf-8"})
    EXPECT_EQ(read_content_type_parameters(good).fault, ContentTypeFault::none) << good;
}

TEST(ContentType, ParametersThatSomeRefuse) {
  struct Case {
    const char* text;
    const char* named;
  };
  for (const Case& bad :
       {Case{"text/plain;foo", "foo"}, Case{"text/plain; charset=", "charset="},
        Case{"text/plain; charset=\"\"", "charset=\"\""}, Case{"text/plain; =utf-8", "=utf-8"},
        Case{"text/plain; charset=\"utf-8", "charset=\"utf-8"}, Case{"text/plain; a=b c", "c"},
        Case{"text/plain; a=1; A=2", "A=2"}, Case{"text/plain;;charset=utf-8", ""}}) {
    ContentTypeReading reading = read_content_type_parameters(bad.text);
    EXPECT_EQ(reading.fault, ContentTypeFault::parameter) << bad.text;
    EXPECT_EQ(reading.text, bad.named) << bad.text;
  }
}

TEST(ContentType, CharsetsInWhichAsciiReadsDifferently) {
  for (const char* charset :
       {"x-none-such", "utf-16", "utf-16le", "utf-32", "ebcdic-us", "cp037"}) {
    ContentTypeReading reading =
        read_content_type_parameters(std::string("text/plain; charset=") + charset);
    EXPECT_EQ(reading.fault, ContentTypeFault::charset) << charset;
    EXPECT_EQ(reading.text, charset);
  }
}

}  // namespace
}  // namespace mtasts::protocol
