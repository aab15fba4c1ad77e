// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_date.h"

#include <charconv>
#include <chrono>

#include "base/ascii.h"

namespace mtasts::protocol {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kLastMillisecond = 253402300799999;  // 9999-12-31T23:59:59.999Z
constexpr int64_t kLastEpochSecond = 99999999999;      // larger: milliseconds
constexpr std::string_view kUnreadable = "no RFC 3339 date and time";

// Reads from the front of a text; once failed, stays failed.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  // Exactly `digits` digits with a value of `least` to `most`.
  int number(size_t digits, int least, int most) {
    int value = 0;
    std::string_view text = rest_.substr(0, digits);
    if (text.size() < digits || !all_of(text, is_digit)) return fail();
    std::from_chars(text.data(), text.data() + text.size(), value);
    if (value < least || value > most) return fail();
    rest_.remove_prefix(digits);
    return value;
  }
  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void demand(std::string_view any_of) {
    if (!take(any_of)) fail();
  }
  // The digits of a fraction, as milliseconds, rounded down.
  int fraction() {
    int value = 0;
    int scale = 100;
    if (rest_.empty() || !is_digit(rest_.front())) return fail();
    for (; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), scale /= 10)
      value += (rest_.front() - '0') * scale;
    return value;
  }
  bool done() const { return rest_.empty(); }
  bool failed() const { return failed_; }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  int fail() {
    failed_ = true;
    return 0;
  }
  std::string_view rest_;
  bool failed_ = false;
};

ReportDate checked(milliseconds since_1970, std::string_view deviation) {
  int64_t count = since_1970.count();
  if (count < 0 || count > kLastMillisecond) return {std::nullopt, "not between 1970 and 9999"};
  return {Time(since_1970), deviation};
}

ReportDate from_epoch(std::string_view digits) {
  int64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || digits.size() < 9) return {std::nullopt, kUnreadable};
  bool in_seconds = value <= kLastEpochSecond;
  if (!in_seconds && value > kLastMillisecond) return {std::nullopt, kUnreadable};
  return checked(milliseconds(in_seconds ? value * 1000 : value),
                 in_seconds ? "a number of seconds since 1970, no RFC 3339 date and time"
                            : "a number of milliseconds since 1970, no RFC 3339 date and time");
}

// After the time of day; the offset from UTC in minutes.
int zone_minutes(Cursor& cursor, std::string_view& deviation) {
  if (cursor.take("Zz")) return 0;
  bool ahead = cursor.front() == '+';
  if (!cursor.take("+-")) {
    deviation = "without a zone (read as UTC)";
    return 0;
  }
  int hours = cursor.number(2, 0, 23);
  if (!cursor.take(":")) deviation = "with an offset that RFC 3339 does not know";
  int minutes = cursor.done() ? 0 : cursor.number(2, 0, 59);
  return (ahead ? 1 : -1) * (hours * 60 + minutes);
}

}  // namespace

ReportDate read_report_date(std::string_view text) {
  using namespace std::chrono;
  std::string_view trimmed = trim(text);
  std::string_view deviation = trimmed.size() < text.size() ? "with blanks around it" : "";
  if (!trimmed.empty() && all_of(trimmed, is_digit)) return from_epoch(trimmed);
  Cursor cursor(trimmed);
  year_month_day date;
  int y = cursor.number(4, 1970, 9999);
  cursor.demand("-");
  auto m = static_cast<unsigned>(cursor.number(2, 1, 12));
  cursor.demand("-");
  auto d = static_cast<unsigned>(cursor.number(2, 1, 31));
  date = year(y) / month(m) / day(d);
  if (cursor.failed() || !date.ok()) return {std::nullopt, kUnreadable};
  milliseconds midnight = sys_days(date).time_since_epoch();
  if (cursor.done()) return checked(midnight, "a date without a time");
  if (cursor.take(" _"))
    deviation = "without the T between date and time";
  else
    cursor.demand("Tt");
  int hour = cursor.number(2, 0, 24);
  cursor.demand(":");
  int minute = cursor.number(2, 0, 59);
  int second = 0;
  if (cursor.take(":"))
    second = cursor.number(2, 0, 60);  // 60: a leap second
  else
    deviation = "without seconds";
  int fraction = cursor.take(".,") ? cursor.fraction() : 0;
  while (cursor.take(" ")) deviation = "with a blank before the zone";
  int zone = zone_minutes(cursor, deviation);
  if (cursor.failed() || !cursor.done()) return {std::nullopt, kUnreadable};
  if (hour == 24) {
    if (minute != 0 || second != 0) return {std::nullopt, kUnreadable};
    deviation = "written with hour 24";
  }
  return checked(midnight + hours(hour) + minutes(minute - zone) + seconds(std::min(second, 59)) +
                     milliseconds(fraction),
                 deviation);
}

bool is_utc_day(Time begin, Time end) {
  using namespace std::chrono;
  if (floor<days>(begin) != begin) return false;
  auto length = end - begin;
  return length >= hours(24) - seconds(1) && length <= hours(24);
}

}  // namespace mtasts::protocol
