// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is public of the table of findings, and the table's own rules.
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "fakes/golden.h"
#include "verdict/findings/finding.h"

namespace mtasts::verdict {
namespace {

TEST(FindingsTable, CodesStagesAndSeveritiesAreTheContract) {
  std::ostringstream table;
  for (const FindingRow& row : findings_table())
    table << row.code << ' ' << name_of(row.stage) << ' ' << name_of(row.in_enforce) << ' '
          << name_of(row.otherwise) << '\n';
  EXPECT_EQ(table.str(), fakes::golden("findings.txt"))
      << "alert rules select by these words: change tests/golden/findings.txt on purpose or not at "
         "all";
}

TEST(FindingsTable, ResultTypesAreThoseOfTheReports) {
  // RFC 8460 §4.3.1 to §4.3.3.
  const std::set<std::string_view> types = {
      "",
      "starttls-not-supported",
      "certificate-host-mismatch",
      "certificate-expired",
      "certificate-not-trusted",
      "validation-failure",
      "tlsa-invalid",
      "dnssec-invalid",
      "dane-required",
      "sts-policy-fetch-error",
      "sts-policy-invalid",
      "sts-webpki-invalid",
  };
  for (const FindingRow& row : findings_table())
    EXPECT_TRUE(types.contains(row.tls_rpt_result_type)) << row.code;
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
