// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/name_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "state/bounded_value.h"

namespace mtasts::state {
namespace {

bool is_plain(char c) { return c > 0x20 && c < 0x7F && c != '\\'; }

// The octet encoded by `\DDD` at the start of `text`; negative: not an escape.
int escaped_octet(std::string_view text) {
  if (text.size() < 4 || text[0] != '\\') return -1;
  int value = 0;
  for (char digit : text.substr(1, 3)) {
    if (digit < '0' || digit > '9') return -1;
    value = value * 10 + (digit - '0');
  }
  return value <= 255 ? value : -1;
}

std::string unescaped(std::string_view word) {
  if (word == "\\-") return {};
  std::string name;
  while (!word.empty()) {
    int octet = escaped_octet(word);
    name += octet < 0 ? word[0] : static_cast<char>(octet);
    word.remove_prefix(octet < 0 ? 1 : 4);
  }
  return name;
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty() && words.size() < kMostWords) {
    size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

}  // namespace

std::string join_names(const std::vector<std::string>& names) {
  std::string line;
  for (const std::string& name : names) {
    if (!line.empty()) line += ' ';
    if (name.empty()) line += "\\-";
    for (char c : name)
      line +=
          is_plain(c) ? std::string(1, c) : fmt::format("\\{:03}", static_cast<unsigned char>(c));
  }
  return line;
}

std::vector<std::string> split_names(std::string_view line) {
  std::vector<std::string> names;
  for (std::string_view word : words_of(line)) names.push_back(unescaped(word));
  return names;
}

std::string join_times(const std::vector<Time>& times) {
  std::string line;
  for (Time time : times)
    line += fmt::format("{}{}", line.empty() ? "" : " ", time.time_since_epoch().count());
  return line;
}

std::vector<Time> split_times(std::string_view line) {
  std::vector<Time> times;
  for (std::string_view word : words_of(line)) {
    int64_t count = 0;
    auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
    if (error == std::errc() && end == word.data() + word.size())
      times.push_back(bounded_time(count));
  }
  return times;
}

}  // namespace mtasts::state
