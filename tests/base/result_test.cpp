// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "base/result.h"

#include <gtest/gtest.h>

#include <memory>

namespace mtasts {
namespace {

TEST(Result, HoldsAValueOrAFailure) {
  Result<int> value = 7;
  EXPECT_TRUE(value.ok());
  EXPECT_EQ(*value, 7);
  Result<int> failure = Failure{FailureKind::timed_out, "late"};
  EXPECT_FALSE(failure);
  EXPECT_EQ(failure.failure().kind, FailureKind::timed_out);
  EXPECT_EQ(failure.failure().detail, "late");
}

TEST(Result, OfNothingIsSuccessOrAFailure) {
  Result<void> success;
  EXPECT_TRUE(success);
  Result<void> failure = Failure{FailureKind::io, "disk"};
  EXPECT_FALSE(failure.ok());
  EXPECT_EQ(failure.failure().kind, FailureKind::io);
  EXPECT_EQ(failure.failure().detail, "disk");
}

TEST(Result, TakesWhatOnlyMoves) {
  Result<std::unique_ptr<std::string>> value = std::make_unique<std::string>("text");
  EXPECT_EQ(value.value()->size(), 4u);
  std::unique_ptr<std::string> taken = std::move(*value);
  EXPECT_EQ(*taken, "text");
}

}  // namespace
}  // namespace mtasts
