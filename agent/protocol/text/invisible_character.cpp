// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/text/invisible_character.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/special_characters.h"
#include "protocol/text/characters.h"

namespace mtasts::protocol {
namespace {

// What copied text brings along; controls and private characters do not come that way.
const SpecialCharacters* unseen(char32_t code) {
  const SpecialCharacters* special = special_characters(code);
  if (special == nullptr || special->kind == SpecialKind::control ||
      special->kind == SpecialKind::unassigned)
    return nullptr;
  return special;
}

}  // namespace

std::optional<InvisibleCharacter> find_invisible(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    if (is_ascii(text[at])) {
      ++at;
      continue;
    }
    const auto utf8 = first_utf8(text.substr(at));
    const size_t size = utf8 ? utf8->size : 1;
    const char32_t code = utf8 ? utf8->code : static_cast<unsigned char>(text[at]);
    if (const SpecialCharacters* special = unseen(code))
      return InvisibleCharacter{
          at, size, special->kind != SpecialKind::invisible,
          fmt::format("{} (U+{:04X}{})", special->name, static_cast<uint32_t>(code),
                      utf8 ? "" : ", in Latin-1")};
    at += size;
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
