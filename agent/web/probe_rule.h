// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What /probe may check, and for how long. Pure, any thread.
#pragma once

#include <chrono>
#include <string_view>

#include "settings/settings.h"

namespace mtasts::web {

// Configured domains always may; others by "any" or a pattern, where `*.` stands for one or more
// labels.
bool may_probe(const settings::ProbeSettings& rule, bool configured, std::string_view domain);

// The scrape's own limit less half a second, between 1 and 120 seconds; 120 without one.
std::chrono::milliseconds probe_limit(std::string_view scrape_timeout_seconds);

}  // namespace mtasts::web
