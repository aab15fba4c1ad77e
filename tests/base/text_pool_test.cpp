// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/text_pool.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>

namespace mtasts {
namespace {

TEST(TextPool, NumbersAreEqualWhereTextsAre) {
  TextPool pool;
  EXPECT_EQ(pool.find("a"), TextPool::kEmpty);
  EXPECT_EQ(pool.put(""), TextPool::kEmpty);
  EXPECT_EQ(pool.text(TextPool::kEmpty), "");
  for (int i = 0; i < 20000; ++i) {
    const std::string text = "text " + std::to_string(i % 5000);
    const TextPool::Number number = pool.put(text);
    EXPECT_EQ(number, static_cast<TextPool::Number>(i % 5000 + 1));
    EXPECT_EQ(pool.text(number), text);
  }
  EXPECT_EQ(pool.size(), 5001u);
  EXPECT_EQ(pool.find("text 4999"), 5000u);
  EXPECT_EQ(pool.find("text 5000"), TextPool::kEmpty);
  const std::string odd("\0\0", 2);
  EXPECT_NE(pool.put(odd), pool.put(std::string_view(odd).substr(1)));
  TextPool copy = pool;
  EXPECT_EQ(copy.text(copy.find("text 17")), "text 17");
}

// Texts of 16 octets whose hashes are equal: the second word undoes what the first one did.
TEST(TextPool, TextsThatCollideAreStillFoundSoon) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15u;
  TextPool pool;
  const auto begin = std::chrono::steady_clock::now();
  constexpr uint64_t kCount = 50000;
  auto text_of = [](uint64_t first) {
    uint64_t hash = (16 ^ first) * kFactor;
    hash ^= hash >> 32;
    char octets[16];
    std::memcpy(octets, &first, 8);
    std::memcpy(octets + 8, &hash, 8);  // the next product is 0
    return std::string(octets, sizeof octets);
  };
  for (int round = 0; round < 2; ++round)
    for (uint64_t i = 0; i < kCount; ++i) ASSERT_EQ(pool.put(text_of(i)), i + 1);
  for (uint64_t i = 0; i < kCount; ++i) ASSERT_EQ(pool.text(pool.find(text_of(i))), text_of(i));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace mtasts
