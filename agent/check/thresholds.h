// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The thresholds for judging, taken from the settings. Pure, any thread.
#pragma once

#include "settings/settings.h"
#include "verdict/thresholds.h"

namespace mtasts::check {

// Excludes the expected mode, which is set per domain.
verdict::Thresholds thresholds_of(const settings::Settings& settings);

}  // namespace mtasts::check
