// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One report for a person at a terminal: stages, what was seen, and for every finding its fix and a
// command that shows the same. Pure; colour and width are decided by the caller.
#pragma once

#include <cstddef>
#include <string>

#include "verdict/report.h"

namespace mtasts::cli {

std::string report_text(const verdict::Report& report, bool colour, size_t width);

}  // namespace mtasts::cli
