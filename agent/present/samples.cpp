// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/samples.h"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/printable.h"

namespace mtasts::present {
namespace {

// 2^53: above it, a double cannot represent every integer.
constexpr double kExactIntegers = 9007199254740992.0;

void append_escaped(std::string& out, std::string_view text) {
  for (char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
}

}  // namespace

std::string label_value(std::string_view text) {
  std::string out;
  while (true) {
    size_t line = text.find('\n');
    append_escaped(out, printable(text.substr(0, line), std::numeric_limits<size_t>::max()));
    if (line == std::string_view::npos) return out;
    out += "\\n";
    text.remove_prefix(line + 1);
  }
}

std::string help_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char digits[32];
  std::to_chars_result end{};
  if (std::abs(value) < kExactIntegers && value == std::trunc(value))
    end = std::to_chars(digits, digits + sizeof digits, static_cast<long long>(value));
  else
    end = std::to_chars(digits, digits + sizeof digits, value);
  return {digits, end.ptr};
}

namespace {

std::string quoted(const Label& label) {
  return std::string(label.name) + "=\"" + label_value(label.value) + '"';
}

}  // namespace

std::string subject_text(std::string_view label, std::string_view value) {
  return '{' + quoted({label, value});
}

void SampleWriter::add(std::span<const Label> labels, double value) {
  if (count_ == kMostSamples) return;
  std::string line;
  char separator = '{';
  for (const Label& label : labels) {
    bool left_out = separator == '{' && !subject_.empty() && label.name == subject_;
    if (!left_out) line.append(1, separator).append(quoted(label));
    separator = ',';
  }
  if (!labels.empty()) line += '}';
  // Quotes inside values are escaped, so the search cannot match inside a value.
  if (text_.find(line, begin_) != std::string::npos && text_.size() > begin_) return;
  ++count_;
  text_ += line;
  text_ += ' ';
  text_ += number_text(value);
  text_ += '\n';
}

}  // namespace mtasts::present
