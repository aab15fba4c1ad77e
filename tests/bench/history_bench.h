// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What remembering costs: many domains of which nothing changes, looked at round after round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mtasts::bench {

struct HistoryCost {
  uint64_t first_bytes = 0;  // of the file and its log after the first round
  uint64_t last_bytes = 0;   // after the last
  double first_cpu_us = 0;   // of the whole process for one check of the first round
  double later_cpu_us = 0;   // for one of the others
};

// The rounds are spread over a week of the state's clock.
HistoryCost measure_history(const std::string& directory, size_t domains, size_t rounds);

}  // namespace mtasts::bench
