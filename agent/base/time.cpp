// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/printable.h"

namespace mtasts {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  int64_t milliseconds;
  std::string_view singular;
};

constexpr int64_t kSecond = 1000;
constexpr Unit kUnits[] = {
    {"w", 7 * 86400 * kSecond, "week"}, {"d", 86400 * kSecond, "day"},
    {"h", 3600 * kSecond, "hour"},      {"m", 60 * kSecond, "minute"},
    {"s", kSecond, "second"},           {"ms", 1, "millisecond"},
};
// A hundred years: a longer duration is a mistake, and the limit rules out overflow.
constexpr int64_t kLongest = int64_t{36500} * 86400 * kSecond;

const Unit* unit_named(std::string_view name) {
  for (const Unit& unit : kUnits)
    if (unit.name == name) return &unit;
  return nullptr;
}

Failure not_a_duration(std::string_view text) {
  return {FailureKind::invalid, fmt::format("\"{}\" is not a duration; write a number and a unit "
                                            "(ms, s, m, h, d, w), such as \"90s\" or \"15m\"",
                                            printable(text, 40))};
}

}  // namespace

Time system_now() {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

std::string rfc3339(Time time) {
  using namespace std::chrono;
  auto day = floor<days>(time);
  year_month_day date(day);
  hh_mm_ss clock(floor<seconds>(time - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string date_text(Time time) { return rfc3339(time).substr(0, 10); }

double unix_seconds(Time time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

Result<milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return milliseconds(0);
  int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (error != std::errc() || number < 0 || rest[0] == '-') return not_a_duration(text);
    rest.remove_prefix(static_cast<size_t>(end - rest.data()));
    size_t letters = std::min(rest.find_first_of("0123456789"), rest.size());
    const Unit* unit = unit_named(rest.substr(0, letters));
    if (unit == nullptr) return not_a_duration(text);
    if (number > kLongest / unit->milliseconds) return not_a_duration(text);
    total += number * unit->milliseconds;
    if (total > kLongest) return not_a_duration(text);
    rest.remove_prefix(letters);
  }
  if (text.empty()) return not_a_duration(text);
  return milliseconds(total);
}

std::string duration_text(milliseconds duration) {
  if (duration.count() == 0) return "0s";
  for (const Unit& unit : kUnits)
    if (unit.name != "w" && duration.count() % unit.milliseconds == 0)
      return fmt::format("{}{}", duration.count() / unit.milliseconds, unit.name);
  return fmt::format("{}ms", duration.count());
}

std::string about(milliseconds duration) {
  for (const Unit& unit : kUnits) {
    if (unit.name == "w" || duration.count() < unit.milliseconds) continue;
    auto count = duration.count() / unit.milliseconds;
    return fmt::format("{} {}{}", count, unit.singular, count == 1 ? "" : "s");
  }
  return "0 seconds";
}

}  // namespace mtasts
