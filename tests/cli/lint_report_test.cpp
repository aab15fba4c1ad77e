// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/lint_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace mtasts::cli {
namespace {

using testing::HasSubstr;

struct Linted {
  int status;
  std::string out;
};

Linted lint(const std::string& text, bool as_json = false) {
  std::istringstream in(text);
  std::ostringstream out;
  int status = run_lint(LintKind::report, in, {.json = as_json}, out);
  return {status, out.str()};
}

std::string corpus(const std::string& name) {
  std::ifstream file(std::string(MTASTS_TESTS_DIR) + "/corpus/tls_report/" + name,
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(LintReport, ExitStatusByShape) {
  struct {
    const char* name;
    int status;
    const char* why;
  } cases[] = {
      {"google", 0, "as RFC 8460 says"},
      {"google-no-policy", 0, "no policy, so none is written"},
      {"yahoo", 0, "as RFC 8460 says"},
      {"mail-ru", 0, "a range that ends at midnight; details that outnumber failures"},
      {"microsoft", 1, "no mx-host"},
      {"plus-escape", 1, "valid JSON that two readers refuse"},
      {"microsoft-without-zone", 2, "dates without a zone"},
      {"stalwart", 2, "contact-info is null"},
      {"mox", 2, "empty addresses"},
      {"strings", 2, "strings for arrays and numbers"},
      {"negative", 2, "a negative count"},
      {"trailing", 2, "text after the report"},
      {"not-json", 2, "no JSON"},
      {"empty", 2, "nothing"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(lint(corpus(one.name)).status, one.status) << one.name << ": " << one.why << "\n"
                                                         << lint(corpus(one.name)).out;
}

TEST(LintReport, TellsThePathAndTheReaders) {
  EXPECT_EQ(lint(corpus("google")).out, "report: valid\n");
  EXPECT_THAT(lint(corpus("microsoft")).out,
              HasSubstr("report:policies[0].policy.mx-host: warning: "
                        "mx-host is absent or empty [rpt-syntax]\n"));
  EXPECT_THAT(lint(corpus("plus-escape")).out, HasSubstr("mox 0.0.17"));
  auto json = nlohmann::json::parse(lint(corpus("stalwart"), true).out);
  EXPECT_EQ(json["kind"], "report");
  EXPECT_EQ(json["valid"], false);
  EXPECT_EQ(json["findings"][0]["path"], "contact-info");
  EXPECT_EQ(json["findings"][0]["message"], "contact-info is null");
}

}  // namespace
}  // namespace mtasts::cli
