// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The rules of /probe: which domains it may check, and for how long. They do not limit concurrent
// probes; WebSite does. Pure, any thread.
#pragma once

#include <chrono>
#include <string_view>

#include "settings/settings.h"

namespace mtasts::web {

// Configured domains are always allowed; others by "any" or by a pattern, in which `*.` matches one
// or more labels.
bool may_probe(const settings::ProbeSettings& rule, bool configured, std::string_view domain);

// The scrape timeout less half a second, between 1 and 120 seconds; 120 without a timeout.
std::chrono::milliseconds probe_limit(std::string_view scrape_timeout_seconds);

}  // namespace mtasts::web
