// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Text for a terminal: optional colour and line wrapping. The caller decides once whether to use
// colour (wants_colour) and passes the decision on; only terminal_width() and is_terminal() query
// the terminal. Does not make untrusted text safe; callers must use printable() (base/printable.h)
// first. Widths are in characters (UTF-8 code points); escape sequences have no width. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "verdict/findings/finding.h"

namespace mtasts::cli {

// True only on a terminal, and not if NO_COLOR is non-empty (no-color.org) or TERM is "dumb".
bool wants_colour(bool terminal, const std::map<std::string, std::string>& environment);

bool is_terminal(int descriptor);
// Width of the terminal at `descriptor`, at least 40; 100 if it is not a terminal.
size_t terminal_width(int descriptor);
// NO_COLOR and TERM of this process, for wants_colour().
std::map<std::string, std::string> colour_environment();

enum class Style : uint8_t { plain, bold, dim, red, green, yellow, cyan, magenta };
std::string styled(std::string_view text, Style style, bool colour);

Style style_of(verdict::Severity severity);
Style style_of(verdict::Outcome outcome);
Style style_of(verdict::StageResult result);

// The name used in JSON and metrics ("critical"), styled if `colour` is set.
std::string word_of(verdict::Severity severity, bool colour);
std::string word_of(verdict::Outcome outcome, bool colour);
std::string word_of(verdict::StageResult result, bool colour);

// Pads the text with spaces to `columns`; longer text is not truncated.
std::string padded(std::string_view text, size_t columns);

// Number of visible characters.
size_t shown_width(std::string_view text);

struct Wrap {
  size_t width = 100;        // of a whole line
  size_t first_indent = 0;   // columns used, or blanks to write, before the first line
  size_t indent = 0;         // blanks before every other line
  bool write_first = false;  // false: the caller wrote the first indent
};
// Breaks lines at blanks only; a word that is too long (a URL, a command) is not split. Newlines in
// the text are kept. No newline after the last line.
std::string wrapped(std::string_view text, const Wrap& wrap);

}  // namespace mtasts::cli
