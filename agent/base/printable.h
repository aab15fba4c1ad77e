// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// printable(): makes untrusted octets safe for a terminal, a log line or a message. Controls,
// direction marks, characters that are not shown (misleads_display() of special_characters.h) and
// invalid UTF-8 become \xNN, octet by octet; text beyond the limit is replaced by "…". Pure, any
// thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mtasts {

// At most `limit` octets of `text` are shown.
std::string printable(std::string_view text, size_t limit);
// As printable(), in double quotes, for messages.
std::string quoted(std::string_view text, size_t limit);

// True when `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

// At most `limit` octets of `text`, without a part of a UTF-8 character at the end.
std::string_view cut_text(std::string_view text, size_t limit);

}  // namespace mtasts
