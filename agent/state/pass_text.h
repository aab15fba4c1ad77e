// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Since when the agent's own observations pass, as one line: stage, host ("\-": none), since and
// last (milliseconds since 1970) of each, by blanks (name_list.h). Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verdict/history/history.h"

namespace mtasts::state {

std::string pass_text(const std::vector<verdict::SeenPass>& passes);
// Entries that cannot be read are left out.
std::vector<verdict::SeenPass> parse_pass_text(std::string_view line);

}  // namespace mtasts::state
