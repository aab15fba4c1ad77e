// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/machine_names.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/host_name.h"
#include "settings/input_file.h"

namespace mtasts::web {
namespace {

constexpr size_t kLargestFile_bytes = 4u * 1024 * 1024;

std::string normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return ascii_lower(name);
}

// The words of a line up to a comment.
std::vector<std::string> words_of(std::string_view line) {
  line = line.substr(0, line.find_first_of("#;"));
  std::vector<std::string> words;
  while (!(line = trim(line)).empty()) {
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    words.push_back(normal(word));
    line.remove_prefix(word.size());
  }
  return words;
}

template <typename Use>
void for_each_line(std::string_view text, Use use) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    use(words_of(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string content_of(const char* file) {
  auto content = settings::read_input_file(file, kLargestFile_bytes);
  return content ? std::move(*content) : std::string();
}

}  // namespace

std::set<std::string> machine_names(std::string_view host_name, std::string_view hosts,
                                    std::string_view resolver) {
  const std::string own = normal(host_name);
  if (own.empty()) return {};
  const std::string label = own.substr(0, own.find('.'));
  std::set<std::string> names = {own, label};
  // hosts(5): an address, and its names.
  for_each_line(hosts, [&](const std::vector<std::string>& words) {
    if (words.size() < 2) return;
    const auto is_own = [&](const std::string& word) { return word == own || word == label; };
    if (std::any_of(words.begin() + 1, words.end(), is_own))
      names.insert(words.begin() + 1, words.end());
  });
  // resolv.conf(5)
  for_each_line(resolver, [&](const std::vector<std::string>& words) {
    if (words.empty() || (words.front() != "search" && words.front() != "domain")) return;
    for (size_t i = 1; i < words.size(); ++i)
      if (!words[i].empty()) names.insert(label + "." + words[i]);
  });
  return names;
}

std::set<std::string> machine_names() {
  return machine_names(host_name(), content_of("/etc/hosts"), content_of("/etc/resolv.conf"));
}

}  // namespace mtasts::web
