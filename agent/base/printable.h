// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// printable(): hostile or foreign octets made fit for a terminal, a log line or a message.
// Control characters and broken UTF-8 become \xNN; what is over the limit is cut with "…".
// Pure, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtasts {

// At most `limit` octets of `text` are shown.
std::string printable(std::string_view text, size_t limit);
// The same between double quotes, for messages.
std::string quoted(std::string_view text, size_t limit);

// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace mtasts
