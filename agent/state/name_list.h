// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Lists of names as one line that a person can read: by blanks, with `\DDD` (RFC 1035 §5.1) for
// blanks, backslashes and whatever is not printable ASCII, and `\-` for an empty name. Any octets
// come back as they were. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace mtasts::state {

std::string join_names(const std::vector<std::string>& names);
// What join_names() never writes is read as well as it can be.
std::vector<std::string> split_names(std::string_view line);

std::string join_times(const std::vector<Time>& times);
std::vector<Time> split_times(std::string_view line);

}  // namespace mtasts::state
