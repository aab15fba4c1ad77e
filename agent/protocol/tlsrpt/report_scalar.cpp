// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/tlsrpt/report_scalar.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "base/ascii.h"
#include "base/printable.h"

namespace mtasts::protocol {
namespace {

using State = ReportCount::State;
using Type = ReportScalar::Type;

constexpr size_t kShown_bytes = 80;

// A number such as 5.0 or 1e3 is the integer in JSON, which has one type of numbers (RFC 8259 §6).
std::optional<uint64_t> whole(double number) {
  if (!(number >= 0) || number > static_cast<double>(kMostSessions)) return std::nullopt;
  auto integer = static_cast<uint64_t>(number);
  if (static_cast<double>(integer) != number) return std::nullopt;
  return integer;
}

ReportCount no_count(const ReportScalar& value) {
  return {State::unusable, 0, DeviationKind::count,
          fmt::format("is {}, no count of 0 to 2^53", shown(value))};
}

}  // namespace

ReportScalar number_of(std::string_view text) {
  const char* end = text.data() + text.size();
  if (text == "-0") text = "0";
  if (all_of(text, is_digit)) {
    uint64_t integer = 0;
    if (std::from_chars(text.data(), end, integer).ec == std::errc())
      return {Type::integer, integer, 0, text};
  }
  double number = 0;
  const bool fits = std::from_chars(text.data(), end, number).ec == std::errc();
  const bool is_zero =
      text.substr(0, text.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
  if (!fits || !std::isfinite(number) || (number == 0 && !is_zero))
    number = std::numeric_limits<double>::quiet_NaN();
  return {Type::other_number, 0, number, text};
}

std::string shown(const ReportScalar& value) {
  return value.type == Type::text ? quoted(value.text, kShown_bytes)
                                  : printable(value.text, kShown_bytes);
}

ReportCount read_count(const ReportScalar& value) {
  uint64_t number = value.integer;
  ReportCount count;
  switch (value.type) {
    case Type::null:
      return {State::absent, 0, DeviationKind::missing, "is null"};
    case Type::boolean:
      return no_count(value);
    case Type::integer:
      break;
    case Type::text: {
      const char* end = value.text.data() + value.text.size();
      auto [stop, error] = std::from_chars(value.text.data(), end, number);
      if (error != std::errc() || stop != end || value.text.empty()) return no_count(value);
      count.kind = DeviationKind::wrong_type;
      count.problem = fmt::format("is the string {}, no number", shown(value));
      break;
    }
    case Type::other_number: {
      auto integer = whole(value.number);
      if (!integer) return no_count(value);
      number = *integer;
      count.kind = DeviationKind::wrong_type;
      count.problem = fmt::format("is written {}, no integer", shown(value));
    }
  }
  if (number > kMostSessions) return no_count(value);
  count.state = State::good;
  count.value = number;
  return count;
}

}  // namespace mtasts::protocol
