// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The last conclusive results as one human-readable line: "record pass 1795300732000; smtp fail
// 1795300730000". Stages that were never conclusive are omitted. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

#include "board/latest_reports.h"

namespace mtasts::state {

std::string stage_text(const board::LastResults& stages);
// Malformed entries are omitted.
board::LastResults parse_stage_text(std::string_view line);

}  // namespace mtasts::state
