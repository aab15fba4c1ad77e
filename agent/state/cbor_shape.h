// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// has_right_shape(): whether octets of the state file are one CBOR item (RFC 8949) as the agent
// writes it. To be asked before nlohmann's reader (3.11): it recurses as deeply as the octets
// demand, and throws, although told not to, at an array larger than memory. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace mtasts::state {

inline constexpr size_t kDeepestCbor = 32;  // reports have 6 levels

// Definite lengths within the octets, no tags, at most kDeepestCbor levels, and nothing behind it.
bool has_right_shape(std::string_view octets);

}  // namespace mtasts::state
