// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The last conclusive results as one line that a person can read: "record pass 1795300732000; smtp
// fail 1795300730000". What never was conclusive is left out. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"

namespace mtasts::state {

std::string stage_text(const board::LastResults& stages);
// What is not of that form is left out.
board::LastResults parse_stage_text(std::string_view line);

}  // namespace mtasts::state
