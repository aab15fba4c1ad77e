// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HeadCheck: what a request's head must not contain and the parser would accept or not tell apart
// (RFC 9112 §2.2, §3, §5): line ends other than CRLF, lines that begin with a blank (obs-fold), and
// a method or target that is too long. Gets the octets as they arrive. Pure; a value.
#pragma once

#include <cstddef>
#include <string_view>

namespace mtasts::web {

enum class HeadFault {
  none,
  line_end,     // a bare CR or LF; a lenient neighbour may see other fields than this server
  folded,       // a line begins with a blank
  long_method,  // longer than any that is registered
  long_target,
};

inline constexpr size_t kLongestMethod = 32;  // "UPDATEREDIRECTREF" is the longest registered one

class HeadCheck {
 public:
  // `octets` follow those of the earlier calls; what is after the end of the head is ignored. A
  // fault stays.
  HeadFault take(std::string_view octets);

 private:
  HeadFault take_one(char c);
  HeadFault take_in_request_line(char c);

  HeadFault fault_ = HeadFault::none;
  bool ended_ = false;
  bool after_cr_ = false;
  bool in_request_line_ = true;
  size_t column_ = 0;
  size_t blanks_ = 0;  // of the request line
  size_t length_ = 0;  // of the method, then of the target
};

}  // namespace mtasts::web
