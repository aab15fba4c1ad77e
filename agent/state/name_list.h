// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Lists of names as one human-readable line: separated by blanks, with `\DDD` (RFC 1035 §5.1) for
// blanks, backslashes and whatever is not printable ASCII, and `\-` for an empty name. Any octets
// are preserved. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace mtasts::state {

std::string join_names(const std::vector<std::string>& names);
// Malformed text is read as far as possible.
std::vector<std::string> split_names(std::string_view line);

std::string join_times(const std::vector<Time>& times);
std::vector<Time> split_times(std::string_view line);

}  // namespace mtasts::state
