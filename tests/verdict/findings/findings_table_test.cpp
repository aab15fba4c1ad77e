// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The contract of the table, tests/golden/findings.txt: code, stage, severity in mode enforce and
// otherwise. Alert rules of users depend on them. A new or changed finding is written there with
//
//     MTASTS_WRITE_GOLDEN=1 build/release/tests/verdict_test --gtest_filter='FindingsTable.*'
//
// Also the table's own rules.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "fakes/golden.h"
#include "verdict/findings/finding.h"

namespace mtasts::verdict {
namespace {

const std::string kGolden = std::string(MTASTS_TESTS_DIR) + "/golden/findings.txt";

// By code, so that rows may be reordered.
std::string contract() {
  std::vector<std::string> lines;
  for (const FindingRow& row : findings_table())
    lines.push_back(fmt::format("{} {} {} {}\n", row.code.text(), name_of(row.stage),
                                name_of(row.in_enforce), name_of(row.otherwise)));
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, ""));
}

TEST(FindingsTable, CodesStagesAndSeveritiesAreThoseOfTheGoldenList) {
  if (std::getenv("MTASTS_WRITE_GOLDEN") != nullptr) {
    std::ofstream(kGolden) << contract();
    GTEST_SKIP() << "written: " << kGolden;
  }
  std::ifstream file(kGolden);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(contract(), golden)
      << "alert rules depend on codes, stages and severities: change them on purpose, with the "
         "command in this file";
}

TEST(FindingsTable, EveryCodeHasItsRow) {
  EXPECT_EQ(findings_table().size(), std::size(kFindingCodes));
  for (std::string_view code : kFindingCodes) {
    ASSERT_NE(find_row(code), nullptr) << code;
    EXPECT_EQ(find_row(code)->code, code);
    EXPECT_EQ(find_row(code), &row_of(*FindingCode::find(code)));
  }
}

TEST(FindingsTable, TextsAreSentencesAndCodesAreUnique) {
  std::set<std::string_view> codes;
  for (const FindingRow& row : findings_table()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code.text();
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.code.text();
    EXPECT_TRUE(row.fix.ends_with('.')) << row.code.text();
    EXPECT_FALSE(row.verify.empty()) << row.code.text();
    bool ours = row.code.text().starts_with("probe-");
    EXPECT_TRUE(ours || row.rfc.starts_with("RFC ")) << row.code.text();
  }
}

TEST(FindingsTable, UnknownCodeIsNotFound) { EXPECT_EQ(find_row("no-such-code"), nullptr); }

}  // namespace
}  // namespace mtasts::verdict
