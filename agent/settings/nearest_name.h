// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// nearest_name(): what a person probably meant by a name that does not exist. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace mtasts::settings {

// The candidate with the fewest slips (a letter wrong, missing, too many, or two swapped; letters
// compared without case). Empty when even the nearest has more than a third of its letters wrong.
std::optional<std::string_view> nearest_name(std::string_view text,
                                             const std::vector<std::string_view>& candidates);

}  // namespace mtasts::settings
