// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/special_characters.h"

#include <algorithm>
#include <iterator>

namespace mtasts {
namespace {

using enum SpecialKind;

// By code point.
constexpr SpecialCharacters kTable[] = {
    {0x0000, 0x001F, control, "a control character"},
    {0x007F, 0x009F, control, "a control character"},
    {0x00A0, 0x00A0, space, "a no-break space"},
    {0x00AD, 0x00AD, invisible, "a soft hyphen"},
    {0x034F, 0x034F, invisible, "a combining grapheme joiner"},
    {0x061C, 0x061C, invisible, "a direction mark"},
    {0x070F, 0x070F, invisible, "a Syriac abbreviation mark"},
    {0x115F, 0x1160, filler, "a Hangul filler"},
    {0x1680, 0x1680, space, "an Ogham space"},
    {0x17B4, 0x17B5, invisible, "an invisible Khmer vowel"},
    {0x180B, 0x180F, invisible, "a Mongolian separator"},
    {0x2000, 0x200A, space, "a space of special width"},
    {0x200B, 0x200B, invisible, "a zero-width space"},
    {0x200C, 0x200C, invisible, "a zero-width non-joiner"},
    {0x200D, 0x200D, invisible, "a zero-width joiner"},
    {0x200E, 0x200F, invisible, "a direction mark"},
    {0x2028, 0x2028, filler, "a line separator"},
    {0x2029, 0x2029, filler, "a paragraph separator"},
    {0x202A, 0x202E, invisible, "a direction mark"},
    {0x202F, 0x202F, space, "a narrow no-break space"},
    {0x205F, 0x205F, space, "a mathematical space"},
    {0x2060, 0x2060, invisible, "a word joiner"},
    {0x2061, 0x2065, invisible, "an invisible operator"},
    {0x2066, 0x206F, invisible, "a direction mark"},
    {0x2800, 0x2800, filler, "a blank Braille pattern"},
    {0x3000, 0x3000, space, "an ideographic space"},
    {0x3164, 0x3164, filler, "a Hangul filler"},
    {0xD800, 0xDFFF, unassigned, "a surrogate"},
    {0xE000, 0xF8FF, unassigned, "a private character"},
    {0xFDD0, 0xFDEF, unassigned, "a noncharacter"},
    {0xFE00, 0xFE0F, invisible, "a variation selector"},
    {0xFEFF, 0xFEFF, invisible, "a byte order mark"},
    {0xFFA0, 0xFFA0, filler, "a Hangul filler"},
    {0xFFF0, 0xFFFB, invisible, "an annotation mark"},
    {0xFFFE, 0xFFFF, unassigned, "a noncharacter"},
    {0x13430, 0x1343F, invisible, "a hieroglyph joiner"},
    {0x1BCA0, 0x1BCA3, invisible, "a shorthand format control"},
    {0x1D173, 0x1D17A, invisible, "a musical format control"},
    {0xE0000, 0xE0FFF, invisible, "an invisible tag"},
    {0xF0000, 0x10FFFF, unassigned, "a private character"},
};

static_assert(std::is_sorted(std::begin(kTable), std::end(kTable),
                             [](const SpecialCharacters& one, const SpecialCharacters& other) {
                               return one.last < other.first;
                             }),
              "the ranges are by code point and do not overlap");

constexpr SpecialCharacters kLastOfPlane = {0xFFFE, 0xFFFF, unassigned, "a noncharacter"};

}  // namespace

const SpecialCharacters* special_characters(char32_t code) {
  if (code >= 0x20 && code < 0x7F) return nullptr;
  if ((code & 0xFFFE) == 0xFFFE) return &kLastOfPlane;  // the last two of every plane
  const auto* range = std::lower_bound(
      std::begin(kTable), std::end(kTable), code,
      [](const SpecialCharacters& one, char32_t sought) { return one.last < sought; });
  return range != std::end(kTable) && range->first <= code ? range : nullptr;
}

bool misleads_display(char32_t code) {
  const SpecialCharacters* special = special_characters(code);
  return special != nullptr && special->kind != space;
}

std::optional<Utf8Character> first_utf8(std::string_view text) {
  if (text.empty()) return std::nullopt;
  auto at = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return Utf8Character{lead, 1};
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return std::nullopt;
  char32_t code = lead & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return std::nullopt;
    code = code << 6 | (at(i) & 0x3Fu);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < kSmallest[length] || code > 0x10FFFF || surrogate) return std::nullopt;
  return Utf8Character{code, length};
}

}  // namespace mtasts
