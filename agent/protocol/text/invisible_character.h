// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Characters that an editor shows as a blank or not at all, which copying from web pages and word
// processors inserts: no-break spaces, zero-width characters, soft hyphens, direction marks. Pure,
// any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mtasts::protocol {

struct InvisibleCharacter {
  size_t offset = 0;
  size_t size = 0;     // in octets
  bool blank = false;  // shown as a blank, not as nothing
  std::string name;    // "a no-break space (U+00A0)"
};

// The first one in `text`: in UTF-8, or the no-break space or soft hyphen of Latin-1.
std::optional<InvisibleCharacter> find_invisible(std::string_view text);
// The text with blanks in the place of blank ones and without the others.
std::string without_invisible(std::string_view text);
// ", which contains a no-break space (U+00A0)", for messages; empty where there is none.
std::string naming_invisible(std::string_view text);

}  // namespace mtasts::protocol
