// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/phase_text.h"

#include <charconv>
#include <optional>
#include <vector>

#include "state/bounded_value.h"
#include "state/name_list.h"

namespace mtasts::state {
namespace {

using verdict::SeenPhase;

constexpr size_t kWords = 8;

std::string number_of(Time time) { return std::to_string(time.time_since_epoch().count()); }

bool read_time(const std::string& word, Time& time) {
  int64_t count = 0;
  auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size()) return false;
  time = bounded_time(count);
  return true;
}

}  // namespace

std::string phase_text(const SeenPhase& seen) {
  if (seen.since == kNever) return {};
  return join_names({std::string(name_of(seen.phase)), number_of(seen.since),
                     number_of(seen.mode_since), number_of(seen.clean_from),
                     number_of(seen.clean_seen), number_of(seen.fault_seen), seen.fault,
                     number_of(seen.fault_at)});
}

SeenPhase parse_phase_text(std::string_view line) {
  std::vector<std::string> words = split_names(line);
  if (words.size() != kWords) return {};
  SeenPhase seen;
  auto phase = enumerator_named<verdict::RolloutPhase>(words[0]);
  if (!phase) return {};
  seen.phase = *phase;
  seen.fault = words[6];
  bool whole = read_time(words[1], seen.since) && read_time(words[2], seen.mode_since) &&
               read_time(words[3], seen.clean_from) && read_time(words[4], seen.clean_seen) &&
               read_time(words[5], seen.fault_seen) && read_time(words[7], seen.fault_at);
  return whole ? seen : SeenPhase();
}

}  // namespace mtasts::state
