// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Whether octets are CBOR (RFC 8949) of the kind that the agent writes: one item, definite lengths,
// no tags, nested a few levels, a bounded number of items. The library's reader calls itself for
// every level and throws at a length beyond its limits, so what is not of this kind must not reach
// it. Pure, any thread.
#pragma once

#include <cstddef>
#include <string_view>

namespace mtasts::state {

inline constexpr size_t kDeepestCbor = 32;
inline constexpr size_t kMostCborItems = 1000000;

bool is_bounded_cbor(std::string_view octets);

}  // namespace mtasts::state
