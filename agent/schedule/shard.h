// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Decides which of several agents checks a domain, by rendezvous hashing (Thaler and Ravishankar,
// 1998): each shard has a score for the domain, and the highest wins. An added shard takes its
// share from all others; no other domain moves. The result is the same on every machine and in
// every version. Pure, any thread.
#pragma once

#include <string_view>

namespace mtasts::schedule {

// Returns a shard from 0 to total - 1; `total` is at least 1.
int shard_of(std::string_view domain, int total);

}  // namespace mtasts::schedule
