// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The table against the catalogue of findings (tests/verdict/findings/findings.tsv), and its own
// rules.
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "verdict/findings/finding.h"

namespace mtasts::verdict {
namespace {

std::vector<std::vector<std::string>> catalogue() {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/verdict/findings/findings.tsv");
  std::vector<std::vector<std::string>> rows;
  std::string line;
  std::getline(file, line);  // the head
  while (std::getline(file, line)) {
    std::vector<std::string> cells;
    std::stringstream stream(line);
    std::string cell;
    while (std::getline(stream, cell, '\t')) cells.push_back(cell);
    rows.push_back(cells);
  }
  return rows;
}

TEST(FindingsTable, HoldsEveryFindingOfTheFirstWaveAndNoOther) {
  std::set<std::string> expected;
  for (const auto& cells : catalogue())
    if (cells[7] == "first") expected.insert(cells[0]);
  std::set<std::string> actual;
  for (const FindingRow& row : findings_table()) actual.emplace(row.code);
  EXPECT_GT(expected.size(), 120u);
  EXPECT_EQ(actual, expected);
}

TEST(FindingsTable, AgreesWithTheCatalogue) {
  for (const auto& cells : catalogue()) {
    const FindingRow* row = find_row(cells[0]);
    if (row == nullptr) continue;
    EXPECT_EQ(name_of(row->stage), cells[1]) << row->code;
    EXPECT_EQ(name_of(row->in_enforce), cells[2]) << row->code;
    EXPECT_EQ(name_of(row->otherwise), cells[3]) << row->code;
    // The catalogue adds who reports it; the table holds the bare type of RFC 8460 §4.3.
    std::string type = cells[5] == "-" ? "" : cells[5].substr(0, cells[5].find(' '));
    EXPECT_EQ(row->tls_rpt_result_type, type) << row->code;
  }
}

TEST(FindingsTable, TextsAreSentencesAndCodesAreUnique) {
  std::set<std::string_view> codes;
  for (const FindingRow& row : findings_table()) {
    EXPECT_TRUE(codes.insert(row.code).second) << row.code;
    EXPECT_TRUE(row.meaning.ends_with('.')) << row.code;
    EXPECT_TRUE(row.fix.ends_with('.')) << row.code;
    EXPECT_FALSE(row.verify.empty()) << row.code;
    bool ours = row.code == "probe-port25-egress-blocked";
    EXPECT_TRUE(ours || row.rfc.starts_with("RFC ")) << row.code;
  }
}

TEST(FindingsTable, UnknownCodeIsNotFound) { EXPECT_EQ(find_row("no-such-code"), nullptr); }

}  // namespace
}  // namespace mtasts::verdict
