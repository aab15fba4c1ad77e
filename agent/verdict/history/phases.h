// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Follows the phase of the rollout from check to check, and how long it has been without errors.
// An error is an open critical or warning finding about record, policy, MX hosts or reported
// failures. One alone may be a passing disturbance of the network; a second one within a day, or
// without a good check in between, restarts the count, as does a step back. What the agent does not
// see is not counted. Part of judge(); pure.
#pragma once

#include <chrono>
#include <optional>

#include "verdict/history/history.h"
#include "verdict/report.h"

namespace mtasts::verdict {

// The agent counts time between two good checks up to this; the rest it did not see.
inline constexpr std::chrono::hours kLongestUnseen{6};

// Adds a check: `report` with its stages and findings. `failures_reported`: TLS reports of these
// days name failures above the limit.
void note_phase(History& history, const Report& report, bool failures_reported, Time now);

// The phase of what is known to be published; empty: too little was observed.
std::optional<RolloutPhase> known_phase(const History& history);

// The finding speaks against the next step: critical or warning, and not solved by the step itself.
bool is_obstacle(const Finding& finding);
// And it restarts the count.
bool is_error(const Finding& finding);

}  // namespace mtasts::verdict
