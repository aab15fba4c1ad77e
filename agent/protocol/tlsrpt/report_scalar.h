// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Single values in a TLS report's JSON, and the counts among them. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::protocol {

// A JSON value that is no array and no object.
struct ReportScalar {
  enum class Type : uint8_t { null, boolean, integer, other_number, text };
  Type type = Type::null;
  uint64_t integer = 0;   // of type integer: not negative
  double number = 0;      // of type other_number; not a number: too large or too small for a double
  std::string_view text;  // as in the JSON, also of a number
};

// Of the text of a JSON number (RFC 8259 §6), which may have any size.
ReportScalar number_of(std::string_view text);
// For messages: bounded, a string in quotes.
std::string shown(const ReportScalar& value);

struct ReportCount {
  enum class State : uint8_t { absent, good, unusable };
  State state = State::absent;
  uint64_t value = 0;
  DeviationKind kind = DeviationKind::count;  // of the problem
  std::string problem;                        // without subject: "is -1, no count"; empty: none
};
// Good: an integer of 0 to 2^53, and with a problem of kind wrong_type also 5.0 and "5". Absent:
// null. Unusable: everything else.
ReportCount read_count(const ReportScalar& value);

}  // namespace mtasts::protocol
