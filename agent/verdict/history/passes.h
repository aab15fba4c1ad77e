// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Since when the agent's own observations pass, per stage, for MX hosts per host: to compare with
// what TLS reports say about the same days. Only a failure with a result type of RFC 8460 §4.3 ends
// a run: what senders would not report is no difference. Checks without a conclusive result change
// nothing, but a gap of more than kLongestGap begins a new run. Pure, any thread.
#pragma once

#include <chrono>
#include <string_view>

#include "verdict/evidence.h"
#include "verdict/history/history.h"
#include "verdict/report.h"

namespace mtasts::verdict {

inline constexpr std::chrono::hours kLongestGap{6};

// Adds a check: `report` with its stages and findings. `taken_in`: TLS reports could arrive.
void note_passes(History& history, const Evidence& evidence, const Report& report, bool taken_in,
                 Time now);

// The observations passed all the time from `from` to `until`. The latest may be two hours before
// `until`, because MX hosts are probed once an hour.
bool passed_throughout(const History& history, Stage stage, std::string_view host, Time from,
                       Time until);

}  // namespace mtasts::verdict
