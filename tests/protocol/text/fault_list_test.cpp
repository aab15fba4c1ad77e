// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Which faults are kept when a text has too many of them.
#include "protocol/text/fault_list.h"

#include <gtest/gtest.h>

namespace mtasts::protocol {
namespace {

TEST(FaultList, AnErrorIsNotHiddenByMilderFaultsOfItsCode) {
  FaultList list;
  for (int column = 1; column <= 20; ++column)
    list.add({"tlsrpt-rua-scheme", FaultClass::unusable, 1, column, "nobody reports to it", "fix"});
  list.error("tlsrpt-rua-scheme", 1, 21, "it is no URI", "fix");
  EXPECT_TRUE(list.outside_grammar());
  EXPECT_TRUE(has_error(list.take()));
}

TEST(FaultList, AnErrorIsKeptHoweverManyOtherFaultsThereAre) {
  FaultList list;
  for (size_t i = 0; i < 2 * kMostFaults; ++i)
    list.advise(*FindingCode::find(kFindingCodes[i % std::size(kFindingCodes)]), 1,
                static_cast<int>(i), "a remark", "fix");
  list.error("sts-policy-syntax", 1, 1000, "an error", "fix");
  EXPECT_TRUE(list.outside_grammar());
  auto faults = list.take();
  EXPECT_EQ(faults.size(), kMostFaults);
  EXPECT_TRUE(has_error(faults));
}

}  // namespace
}  // namespace mtasts::protocol
