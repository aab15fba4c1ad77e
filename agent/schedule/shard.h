// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Which of several agents checks a domain, by rendezvous hashing (Thaler and Ravishankar, 1998):
// each shard has a score for the domain, and the highest wins. One shard more takes its share from
// all others and moves nothing else. The same on every machine and in every version. Any thread.
#pragma once

#include <string_view>

namespace mtasts::schedule {

// From 0 to total - 1; `total` is at least 1.
int shard_of(std::string_view domain, int total);

}  // namespace mtasts::schedule
