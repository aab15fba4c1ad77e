// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/enum_words.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace mtasts {
namespace {

BOOST_DEFINE_FIXED_ENUM_CLASS(Fruit, uint8_t, apple, sour_cherry, plum)

TEST(EnumWords, AreTheEnumerators) {
  static_assert(enumerators<Fruit>() == std::array{Fruit::apple, Fruit::sour_cherry, Fruit::plum});
  static_assert(enumerator_name(Fruit::sour_cherry) == "sour_cherry");
  for (Fruit fruit : enumerators<Fruit>())
    EXPECT_EQ(enumerator_named<Fruit>(enumerator_name(fruit)), fruit);
}

TEST(EnumWords, OtherWordsNameNothing) {
  for (std::string_view word : {"", "Apple", "sour-cherry", "apple "})
    EXPECT_EQ(enumerator_named<Fruit>(word), std::nullopt) << word;
}

}  // namespace
}  // namespace mtasts
