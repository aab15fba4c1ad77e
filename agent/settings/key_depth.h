// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// find_deep_key(): finds a dotted key with too many parts (a.b.c.…) before the TOML library parses
// the text. toml++ 3.3.0 (Debian 12) bounds nested values but not the parts of a key: a line of
// less than 100 KB overflows a stack of 8 MB when its tables are destroyed. The file may have
// another author than the operator (a ConfigMap of up to 1 MiB), and a running agent that reloads
// it must refuse it, not crash. To be removed once the library bounds keys. No settings key has
// more than three parts. Pure.
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

// Position of the first key with more than kMostKeyParts parts. Strings and comments are read as in
// TOML 1.0, up to the first syntax error.
std::optional<TextPosition> find_deep_key(std::string_view text);

}  // namespace mtasts::settings
