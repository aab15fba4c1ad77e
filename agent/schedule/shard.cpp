// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/shard.h"

#include <cstdint>

#include "base/digest.h"

namespace mtasts::schedule {
namespace {

// The final mixing steps of SplitMix64: each input bit affects half of the output bits.
uint64_t mixed(uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

}  // namespace

int shard_of(std::string_view domain, int total) {
  uint64_t hash = fnv1a(domain);
  int winner = 0;
  uint64_t highest = 0;
  for (int shard = 0; shard < total; ++shard) {
    uint64_t score = mixed(hash ^ mixed(static_cast<uint64_t>(shard) + 1));
    if (shard > 0 && score <= highest) continue;
    winner = shard;
    highest = score;
  }
  return winner;
}

}  // namespace mtasts::schedule
