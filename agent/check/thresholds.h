// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the settings say about judging. Pure, any thread.
#pragma once

#include "settings/settings.h"
#include "verdict/thresholds.h"

namespace mtasts::check {

// Without the mode that is expected of a domain, which each domain has for itself.
verdict::Thresholds thresholds_of(const settings::Settings& settings);

}  // namespace mtasts::check
