// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "protocol/http/attempt.h"

namespace mtasts::cli {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Linted {
  int status;
  std::string out;
};

Linted lint(LintKind kind, const std::string& text, bool as_json = false) {
  std::istringstream in(text);
  std::ostringstream out;
  int status = run_lint(kind, in, as_json, out);
  return {status, out.str()};
}

constexpr auto kRecord = LintKind::record;
constexpr auto kPolicy = LintKind::policy;
constexpr auto kTlsrpt = LintKind::tlsrpt;

TEST(Lint, ExitStatus) {
  struct Case {
    LintKind kind;
    std::string text;
    int status;
    const char* why;
  };
  const Case cases[] = {
      {kRecord, "v=STSv1; id=20260101;", 0, "valid"},
      {kRecord, "v=STSv1; id=20260101;\n", 0, "one line end is the editor's"},
      {kRecord, "v=STSv1; id=20260101;\r\n", 0, "of any kind"},
      {kRecord, "v=STSv1; id=20260101;\n\n", 2, "two are in the record"},
      {kRecord, "v=STSv1; id=2026-01-01;", 2, "outside the ABNF"},
      {kRecord, "v=STSv1;id=a;id=b;", 1, "inside, with a remark"},
      {kRecord, "", 2, "nothing"},
      {kPolicy, "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n", 0, "the mode is no advice"},
      {kPolicy, "version: STSv1\r\nmode: testing\r\nmx: a.example\r\nmax_age: 604800\r\n", 0,
       "the mode is no advice"},
      {kPolicy, "version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 2592000\r\n", 0,
       "valid"},
      {kPolicy, "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 2592000\n", 1,
       "bare LF is inside the ABNF, some want CRLF"},
      {kPolicy, "version: STSv1\r\n\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 2592000\r\n", 2,
       "a blank line is outside the ABNF"},
      {kPolicy, "", 2, "nothing"},
      {kTlsrpt, "v=TLSRPTv1; rua=mailto:a@b.example\n", 0, "valid"},
      {kTlsrpt, "v=TLSRPTv1; rua=ftp://b.example/", 1, "a scheme nobody reports to"},
      {kTlsrpt, "v=TLSRPTv1;", 2, "no rua"},
  };
  for (const Case& c : cases) {
    Linted text = lint(c.kind, c.text);
    EXPECT_EQ(text.status, c.status) << c.why << "\n" << c.text << "\n" << text.out;
    Linted object = lint(c.kind, c.text, true);
    EXPECT_EQ(object.status, c.status) << "the same in JSON";
    EXPECT_EQ(json::parse(object.out).at("valid").get<bool>(), c.status != 2) << c.why;
  }
}

TEST(Lint, ReadsLikeACompiler) {
  EXPECT_EQ(lint(kRecord, "v=STSv1; id=a;").out, "record: valid\n");
  std::string out = lint(kRecord, "v=STSv1; id=2026-01;").out;
  EXPECT_THAT(out, StartsWith("record:1:13: error: "));
  EXPECT_THAT(out, HasSubstr(" [sts-txt-id-invalid]\n    fix: "));
  EXPECT_THAT(out, EndsWith("\nrecord: invalid: senders may ignore it\n"));
}

TEST(Lint, RemarksAreNotErrors) {
  std::string out = lint(kPolicy, "version: STSv1\nmode: none\nmax_age: 86400\n").out;
  EXPECT_THAT(out, HasSubstr(": note: "));
  EXPECT_THAT(out, testing::Not(HasSubstr(": error: ")));
  EXPECT_THAT(out,
              EndsWith("\npolicy: valid, but some senders may reject it or there is advice\n"));
  out = lint(kTlsrpt, "v=TLSRPTv1; rua=ftp://b.example/").out;
  EXPECT_THAT(out, HasSubstr(": warning: "));
}

TEST(Lint, JsonIsOneLineWithTheParsedValues) {
  Linted policy =
      lint(kPolicy, "version: STSv1\r\nmode: enforce\r\nmx: *.a.example\r\nmax_age: 60\r\n", true);
  EXPECT_EQ(std::count(policy.out.begin(), policy.out.end(), '\n'), 1);
  json object = json::parse(policy.out);
  EXPECT_EQ(object["kind"], "policy");
  EXPECT_EQ(object["mode"], "enforce");
  EXPECT_EQ(object["max_age"], 60);
  EXPECT_EQ(object["mx"], json::array({"*.a.example"}));
  ASSERT_EQ(object["findings"].size(), 1u);
  const json& finding = object["findings"][0];
  EXPECT_EQ(finding["code"], "sts-policy-max-age-too-short");
  EXPECT_EQ(finding["severity"], "warning");
  EXPECT_EQ(finding["line"], 4);
  EXPECT_TRUE(finding["column"].is_number_integer());
  EXPECT_TRUE(finding["message"].is_string());
  EXPECT_TRUE(finding["fix"].is_string());

  EXPECT_EQ(json::parse(lint(kRecord, "v=STSv1; id=a;", true).out)["id"], "a");
  EXPECT_EQ(json::parse(lint(kTlsrpt, "v=TLSRPTv1; rua=mailto:a@b.example", true).out)["rua"],
            json::array({"mailto:a@b.example"}));
  EXPECT_FALSE(json::parse(lint(kRecord, "", true).out).contains("id"));
}

TEST(Lint, HostileOctetsStayOutOfTheTerminal) {
  std::string escape = "v=STSv1; id=\x1B[2J\x07\xFF;";
  for (LintKind kind : {kRecord, kPolicy, kTlsrpt}) {
    Linted linted = lint(kind, escape);
    EXPECT_EQ(linted.status, 2);
    for (char c : linted.out)
      EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << linted.out;
    EXPECT_TRUE(json::accept(lint(kind, escape, true).out));
  }
}

TEST(Lint, InputIsBoundedAndSaysSo) {
  std::string record = "v=STSv1; id=a; x=" + std::string(2 * kLintLimit_bytes, 'b');
  Linted linted = lint(kRecord, record);
  EXPECT_EQ(linted.status, 2);
  EXPECT_THAT(linted.out, HasSubstr("larger than 1048576 bytes"));

  std::string policy = "version: STSv1\r\nmode: none\r\nmax_age: 86400\r\n";
  EXPECT_EQ(lint(kPolicy, policy).status, 0);
  while (policy.size() <= protocol::kPolicyLimit_bytes) policy += "comment: more\r\n";
  linted = lint(kPolicy, policy);
  EXPECT_EQ(linted.status, 2);
  EXPECT_THAT(linted.out, HasSubstr("larger than 65536 bytes"));
  EXPECT_THAT(linted.out, HasSubstr("[sts-http-too-large]"));
}

TEST(Lint, PolicyOverTheLimitHasNoFaultOfTheCut) {
  const std::string line = "mx: mx1.example.com\r\n";
  for (size_t shift = 0; shift < line.size(); ++shift) {
    std::string policy =
        "version: STSv1\r\nmode: enforce\r\n" + std::string(shift, 'x') + ": y\r\n";
    if (shift == 0) policy = "version: STSv1\r\nmode: enforce\r\n";
    while (policy.size() < 100'000) policy += line;
    Linted linted = lint(kPolicy, policy + "max_age: 604800\r\n");
    EXPECT_EQ(linted.status, 2);
    EXPECT_THAT(linted.out, HasSubstr("[sts-http-too-large]"));
    EXPECT_THAT(linted.out, Not(HasSubstr("[sts-policy-syntax]"))) << shift;
    EXPECT_THAT(linted.out, Not(HasSubstr("-missing]"))) << shift;
  }
}

}  // namespace
}  // namespace mtasts::cli
