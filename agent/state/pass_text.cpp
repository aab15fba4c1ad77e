// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/pass_text.h"

#include <charconv>
#include <optional>

#include "state/bounded_value.h"
#include "state/name_list.h"

namespace mtasts::state {
namespace {

constexpr size_t kWords = 4;  // of one entry

std::optional<Time> time_of(const std::string& word) {
  int64_t count = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return bounded_time(count);
}

}  // namespace

std::string pass_text(const std::vector<verdict::SeenPass>& passes) {
  std::vector<std::string> words;
  words.reserve(passes.size() * kWords);
  for (const verdict::SeenPass& pass : passes) {
    words.emplace_back(verdict::name_of(pass.stage));
    words.push_back(pass.host);
    words.push_back(std::to_string(pass.since.time_since_epoch().count()));
    words.push_back(std::to_string(pass.last.time_since_epoch().count()));
  }
  return join_names(words);
}

std::vector<verdict::SeenPass> parse_pass_text(std::string_view line) {
  std::vector<std::string> words = split_names(line);
  std::vector<verdict::SeenPass> passes;
  for (size_t i = 0; i + kWords <= words.size() && passes.size() < verdict::kMostRemembered;
       i += kWords) {
    std::optional<Time> since = time_of(words[i + 2]);
    std::optional<Time> last = time_of(words[i + 3]);
    if (!since || !last) continue;
    for (verdict::Stage stage : verdict::kStages)
      if (verdict::name_of(stage) == words[i])
        passes.push_back({stage, words[i + 1], *since, *last});
  }
  return passes;
}

}  // namespace mtasts::state
