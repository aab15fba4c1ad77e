// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Names of folders in the form of IMAP. Pure, any thread.
#pragma once

#include <string>
#include <string_view>

namespace mtasts::intake {

// The name of a folder as a quoted string, in modified UTF-7 (RFC 3501 §5.1.3, §9). Control
// characters must not be in it.
std::string imap_folder(std::string_view utf8);
// A quoted string (RFC 3501 §9) of ASCII text without control characters.
std::string imap_quoted(std::string_view text);

}  // namespace mtasts::intake
