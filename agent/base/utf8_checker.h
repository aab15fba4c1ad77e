// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Utf8Checker: is_utf8() (printable.h) of a text that comes block by block. One owner.
#pragma once

#include <string>
#include <string_view>

namespace mtasts {

class Utf8Checker {
 public:
  // False, from then on, when the octets so far cannot begin a well-formed text.
  bool add(std::string_view block);
  // No character is cut off at the end.
  bool is_complete() const { return good_ && begun_.empty(); }

 private:
  std::string begun_;  // a character that is not complete yet
  bool good_ = true;
};

}  // namespace mtasts
