// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// find_deep_key(): looks for a dotted key of too many parts (a.b.c.…) before the TOML library sees
// the text. toml++ 3.3.0 (Debian 12) bounds nested values but not the parts of a key: a line of
// less than 100 KB uses up a stack of 8 MB when its tables are destroyed. The file need not be the
// operator's: it may come from a ConfigMap (1 MiB) that somebody else writes, and a running agent
// that reads it again must refuse it, not die. To be deleted once the library bounds keys. No
// settings key has more than three parts. Pure.
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
