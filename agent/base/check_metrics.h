// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CheckMetrics: the interface through which net/ and check/ report metrics about their own work
// without depending on the metrics registry. Loop thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/enum_words.h"

namespace mtasts {

// Values of the metric label `phase`.
BOOST_DEFINE_FIXED_ENUM_CLASS(Phase, uint8_t, dns, policy, smtp, check)
inline std::string_view name_of(Phase phase) { return enumerator_name(phase); }
inline constexpr auto kPhases = enumerators<Phase>();

class CheckMetrics {
 public:
  virtual ~CheckMetrics() = default;

  virtual void observe_phase(Phase phase, std::chrono::duration<double> duration) = 0;
  virtual void count_dns_query(std::string_view type) = 0;      // "TXT", "MX", …
  virtual void count_dns_failure(std::string_view reason) = 0;  // "SERVFAIL", "timeout", …
};

// Counts nothing; for commands and tests.
CheckMetrics& no_metrics();

}  // namespace mtasts
