// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ASCII text, independent of the locale: character classes (RFC 5234 appendix B.1), case and
// blanks. Octets above 0x7F belong to no class and are never changed. Returned views point into the
// argument. Pure, any thread.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace mtasts {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_letter(c); }
constexpr bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

template <typename Predicate>
constexpr bool all_of(std::string_view text, Predicate predicate) {
  return std::all_of(text.begin(), text.end(), predicate);
}

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr char ascii_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// DNS names, field names and policy names are compared in this form (RFC 4343).
std::string ascii_lower(std::string_view text);
std::string ascii_upper(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

// `text` without leading and trailing characters of `blanks`.
constexpr std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n") {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

// A label name of Prometheus' data model: [a-zA-Z_][a-zA-Z0-9_]*. Names that begin with "__" have
// this form but are reserved by Prometheus.
constexpr bool is_label_name(std::string_view name) {
  return !name.empty() && !is_digit(name.front()) &&
         all_of(name, [](char c) { return is_alphanumeric(c) || c == '_'; });
}

}  // namespace mtasts
