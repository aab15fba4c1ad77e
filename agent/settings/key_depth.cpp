// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/key_depth.h"

#include <algorithm>
#include <string>

namespace mtasts::settings {
namespace {

// Octets of the string literal at the start of `text` (its first octet is a quote). A one-line
// string ends at the line end even without its closing quote, which is a syntax error anyway.
size_t literal_length(std::string_view text) {
  char quote = text.front();
  bool escapes = quote == '"';
  bool multiline = text.starts_with(std::string(3, quote));
  size_t at = multiline ? 3 : 1;
  while (at < text.size()) {
    if (escapes && text[at] == '\\') {
      at += 2;
    } else if (multiline && text.substr(at).starts_with(std::string(3, quote))) {
      at += 3;
      // TOML 1.0: one or two quotes may directly precede the closing three.
      for (int more = 0; more < 2 && at < text.size() && text[at] == quote; ++more) ++at;
      return at;
    } else if (!multiline && text[at] == quote) {
      return at + 1;
    } else if (!multiline && text[at] == '\n') {
      return at;
    } else {
      ++at;
    }
  }
  return text.size();
}

TextPosition position_of(std::string_view text, size_t offset) {
  std::string_view before = text.substr(0, offset);
  size_t line_start = before.rfind('\n');
  size_t column = line_start == std::string_view::npos ? offset : offset - line_start - 1;
  return {static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(column) + 1};
}

}  // namespace

std::optional<TextPosition> find_deep_key(std::string_view text) {
  constexpr std::string_view kKeyEnds = "\n=,[]{}";
  size_t parts = 1;
  for (size_t at = 0; at < text.size();) {
    char c = text[at];
    if (c == '"' || c == '\'') {
      at += literal_length(text.substr(at));
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (kKeyEnds.find(c) != std::string_view::npos)
      parts = 1;
    else if (c == '.' && ++parts > kMostKeyParts)
      return position_of(text, at);
    ++at;
  }
  return std::nullopt;
}

}  // namespace mtasts::settings
