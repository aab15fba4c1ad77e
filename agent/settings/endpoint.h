// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Parses endpoints: "127.0.0.1:53", "[::1]:53". No names and no zones: an endpoint never needs DNS.
// Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "settings/settings.h"

namespace mtasts::settings {

// `default_port` is used if the text has no port ("127.0.0.1", "::1"); 0: a port is required. The
// failure's detail is one sentence that includes the fix.
Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port = 0);

}  // namespace mtasts::settings
