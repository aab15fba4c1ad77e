// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Text for a person at a terminal: colour where it is wanted, long sentences wrapped. Whether there
// is colour is decided once (wants_colour) and passed on; nothing here looks at a terminal except
// terminal_width() and is_terminal(). It does not make foreign text safe: that is printable()'s
// work (base/printable.h), before. Widths are in characters (UTF-8 code points), escape sequences
// count nothing. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "verdict/findings/finding.h"

namespace mtasts::cli {

// Only on a terminal, and not when NO_COLOR holds anything (no-color.org) or TERM is "dumb".
bool wants_colour(bool terminal, const std::map<std::string, std::string>& environment);

bool is_terminal(int descriptor);
// Of the terminal behind `descriptor`, at least 40; 100 where there is none.
size_t terminal_width(int descriptor);
// NO_COLOR and TERM of this process, as wants_colour() takes them.
std::map<std::string, std::string> colour_environment();

enum class Style : uint8_t { plain, bold, dim, red, green, yellow, cyan, magenta };
std::string styled(std::string_view text, Style style, bool colour);

Style style_of(verdict::Severity severity);
Style style_of(verdict::Outcome outcome);
Style style_of(verdict::StageResult result);

// The word that JSON and metrics use ("critical"), in its colour when there is any.
std::string word_of(verdict::Severity severity, bool colour);
std::string word_of(verdict::Outcome outcome, bool colour);
std::string word_of(verdict::StageResult result, bool colour);

// Spaces up to `columns`, after the text; text that is longer stays whole.
std::string padded(std::string_view text, size_t columns);

// Characters shown.
size_t shown_width(std::string_view text);

struct Wrap {
  size_t width = 100;        // of a whole line
  size_t first_indent = 0;   // columns already used, or blanks to write, before the first line
  size_t indent = 0;         // blanks before every other line
  bool write_first = false;  // false: the caller wrote the first indent itself
};
// Breaks at blanks only; a word that is too long (a URL, a command) stays whole. Line ends in the
// text are kept as breaks. No line end after the last line.
std::string wrapped(std::string_view text, const Wrap& wrap);

}  // namespace mtasts::cli
