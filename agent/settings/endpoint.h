// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Endpoints as people write them: "127.0.0.1:53", "[::1]:53". No names, no zones: an endpoint never
// needs DNS. Pure, any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "settings/settings.h"

namespace mtasts::settings {

// `default_port` stands in where the text has none ("127.0.0.1", "::1"); 0: it must have one.
// The failure's detail is one sentence with the mend.
Result<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port = 0);

}  // namespace mtasts::settings
