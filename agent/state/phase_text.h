// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The remembered phase of the rollout as one line: phase, since, mode_since, clean_from,
// clean_seen, fault_seen (milliseconds since 1970), fault ("\\-": none), fault_at, by blanks
// (name_list.h). Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "verdict/history/rollout_phase.h"

namespace mtasts::state {

std::string phase_text(const verdict::SeenPhase& seen);  // empty: nothing is known
// Nothing known if the line cannot be read.
verdict::SeenPhase parse_phase_text(std::string_view line);

}  // namespace mtasts::state
