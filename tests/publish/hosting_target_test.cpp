// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include "publish/hosting.h"

namespace mtasts::publish {
namespace {

TEST(HostingTarget, EveryNameIsReadBack) {
  for (HostingTarget target : kHostingTargets) {
    EXPECT_FALSE(name_of(target).empty());
    EXPECT_EQ(hosting_target_of(name_of(target)), target);
  }
  EXPECT_EQ(hosting_target_of("Nginx"), std::nullopt);
  EXPECT_EQ(hosting_target_of(""), std::nullopt);
}

}  // namespace
}  // namespace mtasts::publish
