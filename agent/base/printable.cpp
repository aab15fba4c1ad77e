// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/printable.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstring>

namespace mtasts {
namespace {

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 when there is none.
size_t utf8_length(std::string_view text) {
  auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  uint32_t code = lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (at(i) & 0x3Fu);
  }
  static constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kSmallest[length] || code > 0x10FFFF || surrogate ? 0 : length;
}

// C1 controls, bidirectional marks and invisible characters: they are hidden or change how a
// terminal or web page displays the text around them.
bool misleads_display(std::string_view sequence) {
  if (sequence == "\xD8\x9C" || sequence == "\xEF\xBB\xBF") return true;  // U+061C, U+FEFF
  if (sequence.size() == 2 && sequence[0] == '\xC2')
    return static_cast<unsigned char>(sequence[1]) < 0xA0;
  if (sequence.size() != 3 || sequence[0] != '\xE2') return false;
  auto second = static_cast<unsigned char>(sequence[1]);
  auto third = static_cast<unsigned char>(sequence[2]);
  return (second == 0x80 &&
          ((third >= 0x8B && third <= 0x8F) || (third >= 0xA8 && third <= 0xAE))) ||
         (second == 0x81 && third >= 0xA0 && third <= 0xAF);
}

}  // namespace

std::string printable(std::string_view text, size_t limit) {
  std::string shown;
  size_t i = 0;
  while (i < text.size()) {
    size_t length = utf8_length(text.substr(i));
    size_t step = length == 0 ? 1 : length;
    if (i + step > limit) return shown + "…";
    std::string_view piece = text.substr(i, step);
    auto lead = static_cast<unsigned char>(piece[0]);
    if (length == 0 || lead < 0x20 || lead == 0x7F || misleads_display(piece)) {
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
