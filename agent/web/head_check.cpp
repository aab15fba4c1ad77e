// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/head_check.h"

#include "web/request_target.h"

namespace mtasts::web {

HeadFault HeadCheck::take(std::string_view octets) {
  for (char c : octets) {
    if (fault_ != HeadFault::none || ended_) break;
    fault_ = take_one(c);
  }
  return fault_;
}

HeadFault HeadCheck::take_one(char c) {
  if (after_cr_ != (c == '\n')) return HeadFault::line_end;
  after_cr_ = c == '\r';
  if (c == '\r') return HeadFault::none;
  if (c == '\n') {
    ended_ = column_ == 0;
    in_request_line_ = false;
    column_ = 0;
    return HeadFault::none;
  }
  const bool folded = column_ == 0 && !in_request_line_ && (c == ' ' || c == '\t');
  ++column_;
  if (folded) return HeadFault::folded;
  return in_request_line_ ? take_in_request_line(c) : HeadFault::none;
}

HeadFault HeadCheck::take_in_request_line(char c) {
  if (c == ' ') {
    ++blanks_;
    length_ = 0;
    return HeadFault::none;
  }
  ++length_;
  if (blanks_ == 0 && length_ > kLongestMethod) return HeadFault::long_method;
  if (blanks_ == 1 && length_ > kLongestTarget) return HeadFault::long_target;
  return HeadFault::none;
}

}  // namespace mtasts::web
