// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The phases in which a domain introduces MTA-STS, from mode testing with a short max_age to mode
// enforce with a long one, and what is remembered of the current one. RFC 8461 §10.2 leaves the
// steps open; these are the usual ones. Plain values, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/enum_words.h"
#include "base/time.h"
#include "protocol/sts/sts_policy.h"

namespace mtasts::verdict {

// In order. A policy is in the last phase whose mode it has and whose max_age it reaches, but at
// least in the first one of its mode. none: no record, no policy, or mode none.
BOOST_DEFINE_FIXED_ENUM_CLASS(RolloutPhase, uint8_t, none, testing_day, testing_week, enforce_week,
                              enforce_month, enforce_year)
inline std::string_view name_of(RolloutPhase phase) { return enumerator_name(phase); }
inline constexpr auto kRolloutPhases = enumerators<RolloutPhase>();

RolloutPhase phase_of(protocol::Mode mode, uint64_t max_age_seconds);
protocol::Mode mode_of(RolloutPhase phase);
// The max_age of the policy with which the phase begins; 0 for none.
uint64_t max_age_of(RolloutPhase phase);

// What is remembered of the current phase. Time without errors is counted from `clean_from`, which
// moves to the latest error, and by as much as the agent saw nothing.
struct SeenPhase {
  RolloutPhase phase = RolloutPhase::none;
  Time since{};       // first observation of the phase, at the earliest; epoch: nothing is known
  Time mode_since{};  // the same of its mode
  Time clean_from{};
  Time clean_seen{};  // the last check that saw every stage and no error; epoch: none
  Time fault_seen{};  // the last check with an error; epoch: none
  std::string fault;  // what moved `clean_from` last: a finding's code, or words; empty: nothing
  Time fault_at{};    // when

  bool operator==(const SeenPhase&) const = default;
};

}  // namespace mtasts::verdict
