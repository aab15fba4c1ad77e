// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

#include "base/ascii.h"
#include "base/printable.h"
#include "protocol/sts/policy_values.h"
#include "protocol/sts/sts_policy.h"
#include "protocol/text/characters.h"

namespace mtasts::protocol {
namespace {

constexpr size_t kMostDigits = 10;  // RFC 8461 §3.2: 1*10(DIGIT)
constexpr size_t kShown_bytes = 40;

std::optional<uint64_t> number(std::string_view digits) {
  if (digits.empty() || digits.size() > kMostDigits || !all_of(digits, is_digit)) return {};
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// A value at the limit or above it is not repeated: some senders keep it for a day only.
std::string fix_for(uint64_t seconds) {
  return fmt::format("write max_age: {}",
                     seconds < kMaxAgeLimit_seconds ? seconds : kLongestKeptAge_seconds);
}

bool is_above_64_bits(std::string_view digits) {
  uint64_t value = 0;
  return std::from_chars(digits.data(), digits.data() + digits.size(), value).ec != std::errc();
}

// Which of the numbers that are no RFC 8461 number it is.
SenderDifference difference_of(std::string_view value) {
  using enum SenderDifference;
  auto digits = [](std::string_view text) { return !text.empty() && all_of(text, is_digit); };
  if (value.empty()) return policy_max_age_empty;
  if (digits(value)) {
    std::string_view bare = value.substr(std::min(value.find_first_not_of('0'), value.size()));
    if (bare.size() <= kMostDigits) return policy_max_age_zeros;
    return is_above_64_bits(bare) ? policy_max_age_over_64_bits : policy_max_age_digits;
  }
  if (value[0] == '+' && digits(value.substr(1))) return policy_max_age_plus;
  if (value[0] == '-' && digits(value.substr(1))) return policy_max_age_minus;
  if (value.substr(0, 2) == "0x" && value.size() > 2 && all_of(value.substr(2), is_hex_digit))
    return policy_max_age_fraction;
  size_t sign = value.find_first_of("._e");
  if (sign != std::string_view::npos && digits(value.substr(0, sign)) &&
      digits(value.substr(sign + 1)))
    return value[sign] == '_' ? policy_max_age_underscore : policy_max_age_fraction;
  return policy_max_age_text;
}

// Seconds of a unit in common notation; 0 when it is unknown.
uint64_t unit_seconds(std::string_view unit) {
  struct Unit {
    std::string_view name;
    uint64_t seconds;
  };
  static constexpr Unit kUnits[] = {
      {"s", 1},        {"sec", 1},         {"secs", 1},
      {"second", 1},   {"seconds", 1},     {"m", 60},
      {"min", 60},     {"minute", 60},     {"minutes", 60},
      {"h", 3600},     {"hour", 3600},     {"hours", 3600},
      {"d", 86400},    {"day", 86400},     {"days", 86400},
      {"w", 604800},   {"week", 604800},   {"weeks", 604800},
      {"y", 31536000}, {"year", 31536000}, {"years", 31536000},
  };
  for (const Unit& known : kUnits)
    if (equals_ignoring_case(unit, known.name)) return known.seconds;
  return 0;
}

std::string_view without_quotes(std::string_view value) {
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
      value.back() == value.front())
    value = value.substr(1, value.size() - 2);
  return value;
}

// "1 week", "604800s", "\"604800\"", "604,800".
std::optional<uint64_t> meant_seconds(std::string_view value) {
  value = without_quotes(value);
  size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  auto count = number(value.substr(0, digits));
  if (!count) return {};
  std::string_view unit = without_blanks_around(value.substr(digits));
  if (unit.empty()) return count;
  if (uint64_t seconds = unit_seconds(unit)) return *count * seconds;
  std::string joined;
  for (char c : value.substr(0, 2 * kMostDigits))
    if (c != ',' && c != '_' && c != '\'') joined += c;
  return value.size() <= 2 * kMostDigits ? number(joined) : std::nullopt;
}

}  // namespace

MaxAgeReading read_max_age_value(std::string_view value) {
  MaxAgeReading reading;
  reading.seconds = number(value);
  if (reading.seconds) {
    if (*reading.seconds <= kMaxAgeLimit_seconds) return reading;
    reading.over_limit = true;
    reading.message = fmt::format("max_age {} exceeds the limit of {} seconds (about a year)",
                                  value, kMaxAgeLimit_seconds);
    reading.fix = fix_for(kMaxAgeLimit_seconds);
    reading.difference = *reading.seconds > INT32_MAX
                             ? SenderDifference::policy_max_age_over_32_bits
                             : SenderDifference::policy_max_age_over_limit;
    return reading;
  }
  reading.difference = difference_of(value);
  if (value.empty()) {
    reading.message = "max_age has no value";
    reading.fix = "write max_age: 604800";
  } else if (all_of(value, is_digit)) {
    reading.message = fmt::format("max_age {} has {} digits; at most 10 are allowed",
                                  quoted(value, kShown_bytes), value.size());
    auto bare = number(value.substr(std::min(value.find_first_not_of('0'), value.size() - 1)));
    reading.fix = fix_for(bare.value_or(kMaxAgeLimit_seconds));
  } else {
    reading.seconds = meant_seconds(value);
    reading.message =
        fmt::format("max_age {} is not a plain number of seconds", quoted(value, kShown_bytes));
    reading.fix = reading.seconds ? fix_for(*reading.seconds)
                                  : "write digits only, such as max_age: 604800 for a week";
  }
  return reading;
}

}  // namespace mtasts::protocol
