// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// That a literal which is no code does not compile cannot be a test here: see the constructor.
#include "base/finding_code.h"

#include <gtest/gtest.h>

namespace mtasts {
namespace {

bool is_missing(FindingCode code) { return code == "sts-txt-missing"; }

TEST(FindingCode, TakesLiterals) {
  constexpr FindingCode kCode = "sts-txt-missing";
  static_assert(kCode.text() == "sts-txt-missing");
  EXPECT_TRUE(is_missing("sts-txt-missing"));
  EXPECT_FALSE(is_missing("sts-txt-nxdomain"));
}

TEST(FindingCode, IsFoundByItsText) {
  for (std::string_view text : kFindingCodes) {
    auto code = FindingCode::find(text);
    ASSERT_TRUE(code.has_value()) << text;
    EXPECT_EQ(code->text(), text);
    EXPECT_EQ(kFindingCodes[code->index()], text);
  }
  for (std::string_view text : {"", "a", "sts-txt-missin", "sts-txt-missing ", "zzz"})
    EXPECT_FALSE(FindingCode::find(text).has_value()) << text;
}

}  // namespace
}  // namespace mtasts
