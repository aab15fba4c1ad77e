// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/invisible_character.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/printable.h"
#include "protocol/text/characters.h"

namespace mtasts::protocol {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
  bool blank;
  std::string_view name;
};
// By code point: separators that are not U+0020, and characters of the properties
// Default_Ignorable_Code_Point and Cf that occur in copied text.
constexpr Range kRanges[] = {
    {0x00A0, 0x00A0, true, "a no-break space"},
    {0x00AD, 0x00AD, false, "a soft hyphen"},
    {0x034F, 0x034F, false, "a combining grapheme joiner"},
    {0x061C, 0x061C, false, "a direction mark"},
    {0x115F, 0x1160, true, "a Hangul filler"},
    {0x1680, 0x1680, true, "an Ogham space"},
    {0x17B4, 0x17B5, false, "an invisible Khmer vowel"},
    {0x180B, 0x180F, false, "a Mongolian separator"},
    {0x2000, 0x200A, true, "a space of special width"},
    {0x200B, 0x200B, false, "a zero-width space"},
    {0x200C, 0x200C, false, "a zero-width non-joiner"},
    {0x200D, 0x200D, false, "a zero-width joiner"},
    {0x200E, 0x200F, false, "a direction mark"},
    {0x2028, 0x2028, true, "a line separator"},
    {0x2029, 0x2029, true, "a paragraph separator"},
    {0x202A, 0x202E, false, "a direction mark"},
    {0x202F, 0x202F, true, "a narrow no-break space"},
    {0x205F, 0x205F, true, "a mathematical space"},
    {0x2060, 0x2060, false, "a word joiner"},
    {0x2061, 0x2065, false, "an invisible operator"},
    {0x2066, 0x206F, false, "a direction mark"},
    {0x2800, 0x2800, true, "a blank Braille pattern"},
    {0x3000, 0x3000, true, "an ideographic space"},
    {0x3164, 0x3164, true, "a Hangul filler"},
    {0xFE00, 0xFE0F, false, "a variation selector"},
    {0xFEFF, 0xFEFF, false, "a byte order mark"},
    {0xFFA0, 0xFFA0, true, "a Hangul filler"},
    {0xE0000, 0xE0FFF, false, "an invisible tag"},
};

// `character` is well-formed UTF-8.
uint32_t code_point(std::string_view character) {
  auto lead = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return lead;
  uint32_t code = lead & (0xFFu >> (character.size() + 1));
  for (char c : character.substr(1)) code = code << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  return code;
}

const Range* range_of(uint32_t code) {
  for (const Range& range : kRanges)
    if (code >= range.first && code <= range.last) return &range;
  return nullptr;
}

}  // namespace

std::optional<InvisibleCharacter> find_invisible(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      ++at;
      continue;
    }
    std::string_view character = first_character(text.substr(at));
    const bool utf8 = is_utf8(character);
    if (!utf8) character = text.substr(at, 1);
    const uint32_t code =
        utf8 ? code_point(character) : static_cast<unsigned char>(character.front());
    if (const Range* range = range_of(code))
      return InvisibleCharacter{
          at, character.size(), range->blank,
          fmt::format("{} (U+{:04X}{})", range->name, code, utf8 ? "" : ", in Latin-1")};
    at += character.size();
  }
  return std::nullopt;
}

std::string without_invisible(std::string_view text) {
  std::string visible;
  while (const auto found = find_invisible(text)) {
    visible += text.substr(0, found->offset);
    if (found->blank) visible += ' ';
    text.remove_prefix(found->offset + found->size);
  }
  return visible.append(text);
}

std::string naming_invisible(std::string_view text) {
  const auto found = find_invisible(text);
  return found ? ", which contains " + found->name : std::string();
}

}  // namespace mtasts::protocol
