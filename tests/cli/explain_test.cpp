// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "verdict/findings/finding.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

struct Explained {
  int status;
  std::string out;
  std::string err;
};

Explained explain(const std::optional<std::string>& code, bool as_json = false) {
  std::ostringstream out, err;
  int status = run_explain(code, as_json, out, err);
  return {status, out.str(), err.str()};
}

TEST(Explain, OneCode) {
  Explained explained = explain("sts-txt-missing");
  EXPECT_EQ(explained.status, 0);
  EXPECT_EQ(explained.err, "");
  EXPECT_THAT(explained.out, StartsWith("sts-txt-missing (record; warning)\n  meaning:  "));
  const verdict::FindingRow* row = verdict::find_row("sts-txt-missing");
  ASSERT_NE(row, nullptr);
  EXPECT_THAT(explained.out, HasSubstr("\n  fix:      "));
  EXPECT_THAT(explained.out,
              HasSubstr("  verify:   dig +noall +answer +comments TXT _mta-sts.example.com\n"))
      << "never wrapped: it is pasted";
  EXPECT_THAT(explained.out, HasSubstr("  rfc:      " + std::string(row->rfc) + "\n"));
  EXPECT_THAT(explained.out, HasSubstr("  alert:    MtastsRecordMissing\n"));
  EXPECT_THAT(explain("mx-null").out, testing::Not(HasSubstr("alert:")));
}

TEST(Explain, SaysWhenTheModeDecides) {
  EXPECT_THAT(explain("mx-not-covered").out,
              StartsWith("mx-not-covered (mx; critical in mode enforce, otherwise warning)\n"));
}

TEST(Explain, Json) {
  Explained explained = explain("sts-txt-missing", true);
  json object = json::parse(explained.out);
  EXPECT_EQ(object["code"], "sts-txt-missing");
  EXPECT_EQ(object["stage"], "record");
  EXPECT_EQ(object["severity"], "warning");
  EXPECT_EQ(object["severity_otherwise"], "warning");
  EXPECT_EQ(object["tls_rpt_result_type"], "sts-policy-fetch-error");
  for (const char* key : {"meaning", "fix", "verify", "rfc"})
    EXPECT_FALSE(object[key].get<std::string>().empty()) << key;
  EXPECT_TRUE(json::parse(explain("tlsrpt-missing", true).out)["tls_rpt_result_type"].is_null());
  EXPECT_EQ(object["alert"], "MtastsRecordMissing");
  EXPECT_TRUE(json::parse(explain("mx-null", true).out)["alert"].is_null());
}

TEST(Explain, SaysWhatSendersDo) {
  std::string text = explain("sts-txt-duplicate-field").out;
  EXPECT_THAT(text, HasSubstr("\n  senders:  the field id twice: mox 0.0.17 sees no record;"));
  json object = json::parse(explain("sts-txt-duplicate-field", true).out);
  EXPECT_EQ(object["senders"], json::array({"mox 0.0.17", "postfix-mta-sts-resolver 1.5.1",
                                            "Stalwart 0.16.18", "mailauth 5.0.1"}));
  ASSERT_EQ(object["differences"].size(), 1u);
  EXPECT_EQ(object["differences"][0]["input"], "the field id twice");
  EXPECT_EQ(object["differences"][0]["senders"], object["senders"]);
  EXPECT_EQ(json::parse(explain("sts-txt-missing", true).out)["senders"], json::array());
  EXPECT_THAT(explain("sts-txt-missing").out, testing::Not(HasSubstr("senders:")));
}

TEST(Explain, WithoutACodeEveryFinding) {
  Explained text = explain(std::nullopt);
  EXPECT_EQ(text.status, 0);
  std::istringstream lines(explain(std::nullopt, true).out);
  std::string line;
  size_t count = 0;
  while (std::getline(lines, line)) {
    ASSERT_TRUE(json::accept(line)) << line;
    EXPECT_EQ(json::parse(line)["code"], verdict::findings_table()[count].code.text());
    EXPECT_THAT(text.out, HasSubstr(std::string(verdict::findings_table()[count].code) + " ("));
    ++count;
  }
  EXPECT_EQ(count, verdict::findings_table().size());
  EXPECT_GT(count, 50u);
}

TEST(Explain, UnknownCode) {
  Explained near = explain("sts-txt-mising");
  EXPECT_EQ(near.status, 64);
  EXPECT_EQ(near.out, "");
  EXPECT_EQ(near.err,
            "explain: there is no finding \"sts-txt-mising\"; did you mean \"sts-txt-missing\"?\n");
  Explained far = explain("\x1B[2J" + std::string(100'000, 'x'), true);
  EXPECT_EQ(far.status, 64);
  EXPECT_THAT(far.err, StartsWith("explain: there is no finding \"\\x1B[2Jxxx"));
  EXPECT_LT(far.err.size(), 300u);
}

}  // namespace
}  // namespace mtasts::cli
