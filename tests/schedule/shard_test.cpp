// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/shard.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mtasts::schedule {
namespace {

constexpr int kDomains = 10000;

std::string domain(int number) { return "domain" + std::to_string(number) + ".example"; }

TEST(Shard, NeverChanges) {
  // A new version must not move domains between running shards.
  EXPECT_EQ(shard_of("example.com", 1), 0);
  EXPECT_EQ(shard_of("example.com", 4), 3);
  EXPECT_EQ(shard_of("example.net", 4), 1);
  EXPECT_EQ(shard_of("example.org", 4), 3);
}

TEST(Shard, SharesAreEven) {
  for (int total : {2, 3, 7, 16}) {
    std::vector<int> counts(static_cast<size_t>(total));
    for (int i = 0; i < kDomains; ++i) ++counts[static_cast<size_t>(shard_of(domain(i), total))];
    for (int count : counts) {
      EXPECT_GT(count, kDomains / total * 85 / 100) << "of " << total;
      EXPECT_LT(count, kDomains / total * 115 / 100) << "of " << total;
    }
  }
}

TEST(Shard, OneMoreTakesItsShareAndMovesNothingElse) {
  for (int total : {1, 2, 3, 9}) {
    int moved = 0;
    for (int i = 0; i < kDomains; ++i) {
      int before = shard_of(domain(i), total), after = shard_of(domain(i), total + 1);
      if (before == after) continue;
      ++moved;
      EXPECT_EQ(after, total) << "moved between shards that were there before";
    }
    EXPECT_NEAR(moved, kDomains / (total + 1), kDomains / (total + 1) * 0.15) << "of " << total;
  }
}

}  // namespace
}  // namespace mtasts::schedule
