// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The cost of keeping state: many domains without changes, checked round after round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mtasts::bench {

struct HistoryCost {
  uint64_t first_bytes = 0;  // size of the file and its log after the first round
  uint64_t last_bytes = 0;   // the same after the last round
  double first_cpu_us = 0;   // of the whole process, per check of the first round
  double later_cpu_us = 0;   // the same for the other rounds
};

// The rounds are spread over one week of simulated time.
HistoryCost measure_history(const std::string& directory, size_t domains, size_t rounds);

}  // namespace mtasts::bench
