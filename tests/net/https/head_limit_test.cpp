// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/head_limit.h"

#include <gtest/gtest.h>

namespace mtasts::net {
namespace {

TEST(HttpHeadLimit, LinesAreBounded) {
  HttpHeadLimit limit;
  for (int i = 0; i < HttpHeadLimit::kMostLines; ++i) EXPECT_TRUE(limit.add_line(6));
  EXPECT_FALSE(limit.exceeded());
  EXPECT_FALSE(limit.add_line(6));
  EXPECT_TRUE(limit.exceeded());
}

TEST(HttpHeadLimit, OctetsAreBounded) {
  HttpHeadLimit limit;
  EXPECT_TRUE(limit.add_line(HttpHeadLimit::kMost_bytes));
  EXPECT_FALSE(limit.add_line(1));
  EXPECT_TRUE(limit.exceeded());
}

}  // namespace
}  // namespace mtasts::net
