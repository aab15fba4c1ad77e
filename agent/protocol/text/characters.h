// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Character classes and trimming shared by the text grammars, based on base/ascii.h. Returned views
// point into the argument. Pure, any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/ascii.h"

namespace mtasts::protocol {

constexpr std::string_view kBlanks = " \t";  // WSP

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_visible(char c) { return c > 0x20 && c < 0x7F; }  // VCHAR

inline std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text;
}
inline std::string_view without_trailing_blanks(std::string_view text) {
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}
inline std::string_view without_blanks_around(std::string_view text) { return trim(text, kBlanks); }

// The UTF-8 character at the start of `text`, its length taken from the first octet; `text` must
// not be empty.
inline std::string_view first_character(std::string_view text) {
  auto lead = static_cast<unsigned char>(text.front());
  return text.substr(0, lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4);
}

// A field name of RFC 8461 §3.1 and §3.2 and RFC 8460 §3:
// (ALPHA / DIGIT) *31(ALPHA / DIGIT / "_" / "-" / ".").
inline bool is_field_name(std::string_view name) {
  auto inner = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-' || c == '.'; };
  return !name.empty() && name.size() <= 32 && is_alphanumeric(name.front()) && all_of(name, inner);
}

}  // namespace mtasts::protocol
