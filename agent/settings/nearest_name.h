// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// nearest_name(): the existing name that a mistyped one probably meant. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace mtasts::settings {

// The candidate at the smallest edit distance (a letter wrong, missing, extra, or two swapped;
// case-insensitive). Empty if even the nearest has more than a third of its letters wrong.
std::optional<std::string_view> nearest_name(std::string_view text,
                                             const std::vector<std::string_view>& candidates);

}  // namespace mtasts::settings
