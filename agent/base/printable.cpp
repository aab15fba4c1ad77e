// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

#include "base/special_characters.h"

namespace mtasts {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
size_t utf8_length(std::string_view text) {
  auto character = first_utf8(text);
  return character ? character->size : 0;
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string shown;
  size_t i = 0;
  while (i < text.size()) {
    const auto character = first_utf8(text.substr(i));
    const size_t step = character ? character->size : 1;
    if (i + step > limit) return shown + "…";
    std::string_view piece = text.substr(i, step);
    if (!character || misleads_display(character->code)) {
      for (char c : piece) shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    } else {
      shown += piece;
    }
    i += step;
  }
  return shown;
}

std::string quoted(std::string_view text, size_t limit) {
  return '"' + printable(text, limit) + '"';
}

bool is_utf8(std::string_view text) {
  constexpr uint64_t kHighBits = 0x8080808080808080u;
  uint64_t word = 0;
  while (!text.empty()) {
    while (text.size() >= sizeof word) {  // ASCII alone
      std::memcpy(&word, text.data(), sizeof word);
      if ((word & kHighBits) != 0) break;
      text.remove_prefix(sizeof word);
    }
    if (text.empty()) return true;
    size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view cut_text(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  size_t end = limit;
  while (end > 0 && limit - end < 3 && continues(text[end])) --end;
  return text.substr(0, end);
}

}  // namespace mtasts
