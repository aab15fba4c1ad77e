// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One report as text for a terminal: stages, observations, and for every finding its fix and a
// command to verify it. Pure; the caller decides colour and width.
#pragma once

#include <cstddef>
#include <string>

#include "verdict/report.h"

namespace mtasts::cli {

std::string report_text(const verdict::Report& report, bool colour, size_t width);

}  // namespace mtasts::cli
