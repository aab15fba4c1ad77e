// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "base/printable.h"

namespace mtasts {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

Time at(int64_t unix_milliseconds) { return Time(milliseconds(unix_milliseconds)); }

TEST(Time, WritesRfc3339) {
  struct Case {
    int64_t unix_milliseconds;
    std::string text;
  };
  const std::vector<Case> cases = {
      {0, "1970-01-01T00:00:00Z"},
      {999, "1970-01-01T00:00:00Z"},              // whole seconds, cut
      {-1, "1969-12-31T23:59:59Z"},               // before the epoch
      {951782399000, "2000-02-28T23:59:59Z"},     // a leap year
      {951782400000, "2000-02-29T00:00:00Z"},     // its day
      {1793613600000, "2026-11-02T10:00:00Z"},    // ours
      {4102444800000, "2100-01-01T00:00:00Z"},    // far
      {253402300799000, "9999-12-31T23:59:59Z"},  // a certificate without end
  };
  for (const Case& c : cases) {
    EXPECT_EQ(rfc3339(at(c.unix_milliseconds)), c.text);
    EXPECT_EQ(date_text(at(c.unix_milliseconds)), c.text.substr(0, 10));
  }
}

TEST(Time, UnixSecondsKeepTheFraction) {
  EXPECT_DOUBLE_EQ(unix_seconds(at(1500)), 1.5);
  EXPECT_DOUBLE_EQ(unix_seconds(at(1793613600123)), 1793613600.123);
}

TEST(Time, SystemClockIsAWallClock) { EXPECT_GT(system_now(), at(1600000000000)); }

TEST(Duration, Parses) {
  struct Case {
    std::string text;
    int64_t count_milliseconds;
  };
  const std::vector<Case> good = {
      {"0", 0},                   // alone
      {"0s", 0},                  // with a unit
      {"1ms", 1},                 // not a minute
      {"90s", 90000},             // not normalised
      {"15m", 900000},            // minutes
      {"1h", 3600000},            // hours
      {"7d", 604800000},          // days
      {"2w", 1209600000},         // weeks
      {"1h30m", 5400000},         // a sum
      {"1s1s", 2000},             // odd, but plain
      {"007s", 7000},             // zeros in front
      {"36500d", 3153600000000},  // the longest
  };
  for (const Case& c : good) {
    auto duration = parse_duration(c.text);
    ASSERT_TRUE(duration) << c.text;
    EXPECT_EQ(duration->count(), c.count_milliseconds) << c.text;
  }
  const std::vector<std::string> bad = {
      "",                       // nothing
      "5",                      // no unit
      "s",                      // no number
      "1h30",                   // no unit at the end
      "-5s",                    // negative
      "-0s",                    // negative
      "+5s",                    // sign
      "1.5h",                   // fraction
      "1 h",                    // blank
      " 1h",                    // blank
      "1h ",                    // blank
      "1H",                     // case
      "1y",                     // no such unit
      "1min",                   // no such unit
      "36501d",                 // over a hundred years
      "36500d1s",               // in sum
      "9223372036854775807w",   // would overflow
      "99999999999999999999s",  // no number of ours
      std::string("1h\0", 3),   // NUL
  };
  for (const std::string& text : bad) {
    auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_THAT(duration.failure().detail, HasSubstr("is not a duration")) << text;
  }
}

TEST(Duration, WritesTheLargestUnitThatDivides) {
  struct Case {
    int64_t count_milliseconds;
    std::string text;
  };
  const std::vector<Case> cases = {
      {0, "0s"},         {1, "1ms"},          {1500, "1500ms"}, {90000, "90s"},
      {900000, "15m"},   {5400000, "90m"},    {3600000, "1h"},  {86400000, "1d"},
      {604800000, "7d"}, {1209600000, "14d"}, {-1000, "-1s"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(duration_text(milliseconds(c.count_milliseconds)), c.text);
    if (c.count_milliseconds < 0) continue;
    EXPECT_EQ(parse_duration(c.text)->count(), c.count_milliseconds);
  }
}

TEST(Duration, AboutRoundsDown) {
  struct Case {
    int64_t count_milliseconds;
    std::string text;
  };
  const std::vector<Case> cases = {
      {0, "0 seconds"},    {1, "1 millisecond"},    {999, "999 milliseconds"},
      {1000, "1 second"},  {59999, "59 seconds"},   {60000, "1 minute"},
      {7199999, "1 hour"}, {7200000, "2 hours"},    {86399999, "23 hours"},
      {86400000, "1 day"}, {2073599999, "23 days"}, {604800000, "7 days"},
      {-5, "0 seconds"},
  };
  for (const Case& c : cases) EXPECT_EQ(about(milliseconds(c.count_milliseconds)), c.text);
}

}  // namespace
}  // namespace mtasts
