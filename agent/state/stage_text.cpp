// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/stage_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "state/bounded_value.h"

namespace mtasts::state {
namespace {

using verdict::StageResult;

std::string_view take_until(std::string_view& rest, char mark) {
  size_t end = std::min(rest.find(mark), rest.size());
  std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return taken;
}

board::LastResult memory_of(std::string_view result, std::string_view time) {
  int64_t count = 0;
  auto [end, error] = std::from_chars(time.data(), time.data() + time.size(), count);
  if (error != std::errc() || end != time.data() + time.size()) return {};
  for (StageResult each : {StageResult::pass, StageResult::fail, StageResult::unknown})
    if (name_of(each) == result) return {each, bounded_time(count)};
  return {};
}

}  // namespace

std::string stage_text(const board::LastResults& stages) {
  std::string line;
  for (size_t i = 0; i < stages.size(); ++i) {
    const board::LastResult& memory = stages[i];
    if (memory.result == StageResult::not_applicable) continue;
    line += fmt::format("{}{} {} {}", line.empty() ? "" : "; ", name_of(verdict::kStages[i]),
                        name_of(memory.result), memory.at.time_since_epoch().count());
  }
  return line;
}

board::LastResults parse_stage_text(std::string_view line) {
  board::LastResults stages;
  while (!line.empty()) {
    std::string_view entry = take_until(line, ';');
    if (!entry.empty() && entry[0] == ' ') entry.remove_prefix(1);
    std::string_view name = take_until(entry, ' ');
    std::string_view result = take_until(entry, ' ');
    for (size_t i = 0; i < stages.size(); ++i)
      if (name_of(verdict::kStages[i]) == name) stages[i] = memory_of(result, entry);
  }
  return stages;
}

}  // namespace mtasts::state
