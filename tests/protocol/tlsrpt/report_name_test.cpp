// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_name.h"

#include <gtest/gtest.h>

#include "protocol/tlsrpt/report_date.h"

namespace mtasts::protocol {
namespace {

TEST(ReportFileName, FollowsTheGrammar) {
  const char* good[] = {"a.example!b.example!0!86399.json", "a!b!1!2!x1.JSON.GZ",
                        "/var/mail/a.example!b.example!1!2.json.gz"};
  for (const char* name : good) EXPECT_TRUE(parse_report_file_name(name)) << name;
  const char* bad[] = {"",
                       "a!b!1!2",
                       "a!b!1.json",
                       "!b!1!2.json",
                       "a!!1!2.json",
                       "a!b!-1!2.json",
                       "a!b!1!99999999999999999999.json",
                       "a!b!1!2!.json",
                       "a!b!1!2!3!4.json",
                       "a!b!1!2.xml",
                       "a b!c!1!2.json"};
  for (const char* name : bad) EXPECT_FALSE(parse_report_file_name(name)) << name;
}

TEST(ReportSubject, IsReadLiberally) {
  struct {
    const char* text;
    bool strict;
    const char* domain;
    const char* submitter;
    const char* id;
  } cases[] = {
      {"Report Domain: a.example Submitter: b.example Report-ID: <1@b.example>", true, "a.example",
       "b.example", "1@b.example"},
      {"Report Domain: a.example\r\n Submitter: b.example\r\n\tReport-ID: <1@b.example>", true,
       "a.example", "b.example", "1@b.example"},
      {"report domain: a.example submitter: b.example report-id: 17+a.example", false, "a.example",
       "b.example", "17+a.example"},
      {"Report Domain: a.example", false, "a.example", "", ""},
      {"Fwd: Report Domain: a.example Submitter: b.example Report-ID: <1@b.example>", false,
       "a.example", "b.example", "1@b.example"},
  };
  for (const auto& one : cases) {
    auto subject = parse_report_subject(one.text);
    ASSERT_TRUE(subject) << one.text;
    EXPECT_EQ(subject->strict, one.strict) << one.text;
    EXPECT_EQ(subject->domain, one.domain);
    EXPECT_EQ(subject->submitter, one.submitter);
    EXPECT_EQ(subject->report_id, one.id);
  }
  EXPECT_FALSE(parse_report_subject("Hello"));
  EXPECT_FALSE(parse_report_subject("Report Domain: Submitter: b.example"));
}

TEST(ReportDate, GoodAndBad) {
  struct {
    const char* text;
    const char* read;  // empty: unreadable
    bool plain;
  } cases[] = {
      {"2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", true},
      {"2026-11-20t00:00:00z", "2026-11-20T00:00:00Z", true},
      {"2026-11-20T23:59:59.999999Z", "2026-11-20T23:59:59Z", true},
      {"2026-11-20T02:00:00+02:00", "2026-11-20T00:00:00Z", true},
      {"2026-11-19T19:30:00-04:30", "2026-11-20T00:00:00Z", true},
      {"2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", true},
      {"2026-11-20T00:00:00", "2026-11-20T00:00:00Z", false},
      {"2026-11-20 00:00:00 +0000", "2026-11-20T00:00:00Z", false},
      {"2026-11-20T24:00:00Z", "2026-11-21T00:00:00Z", false},
      {"2026-11-20", "2026-11-20T00:00:00Z", false},
      {"1795132800", "2026-11-20T00:00:00Z", false},
      {"1795132800000", "2026-11-20T00:00:00Z", false},
      {" 2026-11-20T00:00:00Z", "2026-11-20T00:00:00Z", false},
      {"", "", false},
      {"2026-02-30T00:00:00Z", "", false},
      {"2026-11-20T25:00:00Z", "", false},
      {"1969-12-31T23:59:59Z", "", false},
      {"1970-01-01T00:00:00+01:00", "", false},
      {"Fri, 20 Nov 2026 00:00:00 GMT", "", false},
      {"2026-11-20T00:00:00Zx", "", false},
      {"99999999999999999999", "", false},
  };
  for (const auto& one : cases) {
    ReportDate date = read_report_date(one.text);
    EXPECT_EQ(date.time ? rfc3339(*date.time) : "", one.read) << one.text;
    EXPECT_EQ(date.deviation.empty(), one.plain) << one.text;
  }
}

}  // namespace
}  // namespace mtasts::protocol
