// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/console_text.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace mtasts::cli {
namespace {

constexpr size_t kWidthWithoutTerminal = 100;
constexpr size_t kNarrowest = 40;  // narrower wrapping is hard to read
constexpr char kEscape = '\x1B';

std::string_view code_of(Style style) {
  switch (style) {
    case Style::plain:
      return "";
    case Style::bold:
      return "\x1B[1m";
    case Style::dim:
      return "\x1B[2m";
    case Style::red:
      return "\x1B[1;31m";
    case Style::green:
      return "\x1B[32m";
    case Style::yellow:
      return "\x1B[33m";
    case Style::cyan:
      return "\x1B[36m";
    case Style::magenta:
      return "\x1B[35m";
  }
  return "";
}

// Appends the words of one paragraph; `column` is the current column.
void append_words(std::string& out, std::string_view paragraph, const Wrap& wrap, size_t column) {
  size_t line_start = column;
  bool first_word = true;
  while (!paragraph.empty()) {
    size_t begin = std::min(paragraph.find_first_not_of(' '), paragraph.size());
    paragraph.remove_prefix(begin);
    if (paragraph.empty()) return;
    size_t end = std::min(paragraph.find(' '), paragraph.size());
    std::string_view word = paragraph.substr(0, end);
    paragraph.remove_prefix(end);
    size_t width = shown_width(word);
    if (!first_word && column + 1 + width > wrap.width) {
      out += '\n';
      out.append(wrap.indent, ' ');
      column = line_start = wrap.indent;
    }
    if (column != line_start) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width;
    first_word = false;
  }
}

}  // namespace

bool wants_colour(bool terminal, const std::map<std::string, std::string>& environment) {
  if (!terminal) return false;
  auto no_color = environment.find("NO_COLOR");
  if (no_color != environment.end() && !no_color->second.empty()) return false;
  auto term = environment.find("TERM");
  return term == environment.end() || term->second != "dumb";
}

bool is_terminal(int descriptor) { return isatty(descriptor) == 1; }

size_t terminal_width(int descriptor) {
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kWidthWithoutTerminal;
  return std::max<size_t>(size.ws_col, kNarrowest);
}

std::map<std::string, std::string> colour_environment() {
  std::map<std::string, std::string> environment;
  for (const char* name : {"NO_COLOR", "TERM"})
    if (const char* value = std::getenv(name)) environment[name] = value;
  return environment;
}

std::string styled(std::string_view text, Style style, bool colour) {
  if (!colour || style == Style::plain || text.empty()) return std::string(text);
  std::string out(code_of(style));
  out += text;
  out += "\x1B[0m";
  return out;
}

Style style_of(verdict::Severity severity) {
  switch (severity) {
    case verdict::Severity::critical:
      return Style::red;
    case verdict::Severity::warning:
      return Style::yellow;
    case verdict::Severity::info:
      return Style::cyan;
    case verdict::Severity::unknown:
      return Style::magenta;
  }
  return Style::plain;
}

Style style_of(verdict::Outcome outcome) {
  switch (outcome) {
    case verdict::Outcome::ok:
      return Style::green;
    case verdict::Outcome::warning:
      return Style::yellow;
    case verdict::Outcome::critical:
      return Style::red;
    case verdict::Outcome::unknown:
      return Style::magenta;
  }
  return Style::plain;
}

Style style_of(verdict::StageResult result) {
  switch (result) {
    case verdict::StageResult::pass:
      return Style::green;
    case verdict::StageResult::fail:
      return Style::red;
    case verdict::StageResult::unknown:
      return Style::magenta;
    case verdict::StageResult::not_applicable:
      return Style::dim;
  }
  return Style::plain;
}

std::string word_of(verdict::Severity severity, bool colour) {
  return styled(verdict::name_of(severity), style_of(severity), colour);
}

std::string word_of(verdict::Outcome outcome, bool colour) {
  return styled(verdict::name_of(outcome), style_of(outcome), colour);
}

std::string word_of(verdict::StageResult result, bool colour) {
  return styled(verdict::name_of(result), style_of(result), colour);
}

std::string padded(std::string_view text, size_t columns) {
  std::string out(text);
  size_t width = shown_width(text);
  if (width < columns) out.append(columns - width, ' ');
  return out;
}

size_t shown_width(std::string_view text) {
  size_t width = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == kEscape && i + 1 < text.size() && text[i + 1] == '[') {
      size_t end = text.find('m', i);
      if (end == std::string_view::npos) return width;
      i = end;
      continue;
    }
    bool continuation = (static_cast<unsigned char>(text[i]) & 0xC0) == 0x80;
    if (!continuation) ++width;
  }
  return width;
}

std::string wrapped(std::string_view text, const Wrap& wrap) {
  std::string out;
  if (wrap.write_first) out.append(wrap.first_indent, ' ');
  size_t column = wrap.first_indent;
  while (true) {
    size_t end = text.find('\n');
    append_words(out, text.substr(0, end), wrap, column);
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
    out += '\n';
    if (!text.empty() && text.front() != '\n') out.append(wrap.indent, ' ');
    column = wrap.indent;
  }
}

}  // namespace mtasts::cli
