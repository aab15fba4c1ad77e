// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// find_deep_key(): looks for a dotted key of too many parts (a.b.c.…) before the TOML library sees
// the text. The library bounds nested values but not keys, and a key of 100,000 parts would use up
// the stack when its tables are destroyed. No settings key has more than three parts. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace mtasts::settings {

inline constexpr size_t kMostKeyParts = 8;

struct TextPosition {
  int line = 1;
  int column = 1;  // in octets
};

// Of the first key with more than kMostKeyParts parts; up to the text's first syntax error it reads
// strings and comments as TOML 1.0 does.
std::optional<TextPosition> find_deep_key(std::string_view text);

}  // namespace mtasts::settings
