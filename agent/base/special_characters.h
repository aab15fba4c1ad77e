// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The one table of characters that are not what they look like: controls, direction marks, blanks
// other than U+0020, characters that are not shown at all, and code points without a meaning of
// their own (Unicode 15.0, properties Cc, Cf, Zs, Zl, Zp, Co, Default_Ignorable_Code_Point and
// Noncharacter_Code_Point). printable() escapes by it, and parsers name by it what copying
// inserted. Pure, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace mtasts {

enum class SpecialKind : uint8_t {
  space,      // shown as a blank of some width; harmless on a display
  filler,     // shown as a blank or a line end, and is no space
  invisible,  // not shown, or changes how the text around it is shown
  control,    // a terminal may act on it (C0, DEL, C1)
  unassigned  // private use and noncharacters: what is shown depends on the font
};

struct SpecialCharacters {
  char32_t first;
  char32_t last;
  SpecialKind kind;
  std::string_view name;  // "a no-break space"
};

// Null: an ordinary character.
const SpecialCharacters* special_characters(char32_t code);

// Must not reach a terminal, a log or a page as it is. Everything special but spaces.
bool misleads_display(char32_t code);

struct Utf8Character {
  char32_t code = 0;
  size_t size = 0;  // in octets
};
// The character at the start of `text`. Empty: no well-formed UTF-8 (RFC 3629), or no text.
std::optional<Utf8Character> first_utf8(std::string_view text);

}  // namespace mtasts
