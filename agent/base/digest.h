// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SHA-256 (FIPS 180-4) of some bytes, as 64 lower-case hex digits. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts {

std::string sha256_hex(std::string_view bytes);

}  // namespace mtasts
