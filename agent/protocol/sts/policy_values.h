// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parsers of single policy values (RFC 8461 §3.2): a strict reading, or what is wrong with the
// value, how to write it, and what was meant where that is obvious. No positions and no finding
// codes: the policy parser adds them. Pure, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/sts/sts_policy.h"
#include "protocol/text/syntax_fault.h"

namespace mtasts::protocol {

// What was read is all right exactly when `message` is empty.
struct MxReading {
  std::vector<std::string> patterns;  // lower case; valid patterns, also of a faulty value
  std::string message;
  std::string fix;
  FaultClass fault_class = FaultClass::error;
  SenderDifference difference = SenderDifference::none;
};
MxReading read_mx_value(std::string_view value, PolicyCharset charset);

struct MaxAgeReading {
  std::optional<uint64_t> seconds;  // also of a faulty value
  bool over_limit = false;          // a number above kMaxAgeLimit_seconds; `message` says so
  std::string message;
  std::string fix;
  SenderDifference difference = SenderDifference::none;
};
MaxAgeReading read_max_age_value(std::string_view value);

}  // namespace mtasts::protocol
