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

Linted lint(LintKind kind, const std::string& text, bool as_json = false, bool strict = false) {
  std::istringstream in(text);
  std::ostringstream out;
  int status = run_lint(kind, in, {.json = as_json, .strict = strict}, out);
  return {status, out.str()};
}

constexpr auto kRecord = LintKind::record;
constexpr auto kPolicy = LintKind::policy;
constexpr auto kTlsrpt = LintKind::tlsrpt;

std::string policy(const std::string& mode, const std::string& rest) {
  return "version: STSv1\r\nmode: " + mode + "\r\n" + rest;
}
const std::string kMx = "mx: a.example\r\n";

TEST(Lint, ExitStatus) {
  struct Case {
    LintKind kind;
    std::string text;
    int status;
    int strict;
    const char* why;
  };
  const Case cases[] = {
      {kRecord, "v=STSv1; id=20260101;", 0, 0, "valid"},
      {kRecord, "v=STSv1; id=20260101;\n", 0, 0, "one line end is the editor's"},
      {kRecord, "v=STSv1; id=20260101;\r\n", 0, 0, "of any kind"},
      {kRecord, "v=STSv1; id=20260101;\n\n", 2, 2, "two are in the record"},
      {kRecord, "v=STSv1; id=2026-01-01;", 2, 2, "outside the ABNF"},
      {kRecord, "v=STSv1; id=1 ", 2, 2, "outside the ABNF, though some take it"},
      {kRecord, "v=STSv1;id=a;id=b;", 1, 1, "mox sees no record"},
      {kRecord, "v=STSv1;id=a;x=b;", 0, 1, "an unknown field is ignored by all"},
      {kRecord, "v=STSv1;id=a;x=b:c;", 1, 1, "but not one with a colon"},
      {kRecord, "v=STSv1 ; id=a;", 0, 1, "nobody discards it when it is alone"},
      {kRecord, "v=STSv1;\tid=a;", 1, 1, "postfix-tlspol refuses tabs"},
      {kRecord, "", 2, 2, "nothing"},
      {kPolicy, policy("none", kMx + "max_age: 86400\r\n"), 0, 0, "the mode is no advice"},
      {kPolicy, policy("none", "max_age: 86400\r\n"), 1, 1, "Stalwart wants an mx line"},
      {kPolicy, policy("testing", kMx + "max_age: 604800\r\n"), 0, 0, "the mode is no advice"},
      {kPolicy, policy("enforce", kMx + "max_age: 2592000\r\n"), 0, 0, "valid"},
      {kPolicy, policy("enforce", kMx + "max_age: 2592001\r\n"), 1, 1, "postfix-tlspol's limit"},
      {kPolicy, policy("enforce", kMx + "max_age: 31557600\r\n"), 1, 1, "Stalwart's limit"},
      {kPolicy, policy("enforce", kMx + "max_age: 604800\r\n"), 0, 1, "advice alone"},
      {kPolicy, policy("enforce", kMx + "max_age: 3599\r\n"), 1, 1, "Stalwart's limit"},
      {kPolicy, "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 2592000\n", 0, 1,
       "bare LF: every tested sender takes it"},
      {kPolicy, policy("enforce", "mx: 192.0.2.1\r\nmax_age: 2592000\r\n"), 1, 1,
       "a Domain of RFC 5321, refused by some"},
      {kPolicy, policy("enforce", "mx: mx1.example.123\r\nmax_age: 2592000\r\n"), 1, 1,
       "a Domain of RFC 5321, but no host"},
      {kPolicy, policy("enforce", "mx: xn--zzzzzzzz.example\r\nmax_age: 2592000\r\n"), 1, 1,
       "mox refuses it"},
      {kPolicy, policy("enforce\r\n", kMx + "max_age: 2592000\r\n"), 2, 2,
       "a blank line is outside the ABNF"},
      {kPolicy, "", 2, 2, "nothing"},
      {kTlsrpt, "v=TLSRPTv1; rua=mailto:a@b.example\n", 0, 0, "valid"},
      {kTlsrpt, "v=TLSRPTv1; rua=ftp://b.example/", 1, 1, "a scheme nobody reports to"},
      {kTlsrpt, "v=TLSRPTv1; rua=https://b.example/?a=b", 1, 1, "Stalwart spoils it"},
      {kTlsrpt, "v=TLSRPTv1; x=1; rua=mailto:a@b.example", 0, 1, "advice alone"},
      {kTlsrpt, "v=TLSRPTv1;", 2, 2, "no rua"},
  };
  for (const Case& c : cases) {
    Linted text = lint(c.kind, c.text);
    EXPECT_EQ(text.status, c.status) << c.why << "\n" << c.text << "\n" << text.out;
    EXPECT_EQ(lint(c.kind, c.text, false, true).status, c.strict) << c.why << "\n" << c.text;
    Linted object = lint(c.kind, c.text, true);
    EXPECT_EQ(object.status, c.status) << "the same in JSON";
    EXPECT_EQ(json::parse(object.out).at("valid").get<bool>(), c.status != 2) << c.why;
  }
}

TEST(Lint, NamesTheSendersThatDiffer) {
  auto senders_of = [](LintKind kind, const std::string& text) {
    json findings = json::parse(lint(kind, text, true).out)["findings"];
    json all = json::array();
    for (const json& finding : findings)
      for (const json& name : finding.at("senders")) all.push_back(name);
    return all;
  };
  EXPECT_EQ(senders_of(kPolicy, policy("none", "max_age: 86400\r\n")),
            json::array({"Stalwart 0.16.18"}));
  EXPECT_EQ(senders_of(kPolicy, policy("enforce", "mx: 192.0.2.1\r\nmax_age: 2592000\r\n")),
            json::array({"mox 0.0.17", "postfix-tlspol 1.13.0"}));
  EXPECT_EQ(senders_of(kPolicy, policy("enforce", kMx + "max_age: 604800\r\n")), json::array());
  std::string out = lint(kPolicy, policy("none", "max_age: 86400\r\n")).out;
  EXPECT_THAT(out, HasSubstr(": warning: "));
  EXPECT_THAT(out, HasSubstr("valid by RFC 8461 §3.2, but Stalwart 0.16.18 refuses the policy"));
  EXPECT_THAT(out, EndsWith("policy: valid, but not every sender takes it as it is meant\n"));
}

// Inside the grammar nothing is critical, whatever the code's severity.
TEST(Lint, WhatIsValidIsNotCritical) {
  for (const char* mx : {"192.0.2.1", "xn--zzzzzzzz.example", "mx1.example.123"}) {
    std::string text = policy("enforce", std::string("mx: ") + mx + "\r\nmax_age: 2592000\r\n");
    json findings = json::parse(lint(kPolicy, text, true).out)["findings"];
    ASSERT_EQ(findings.size(), 1u) << mx;
    EXPECT_EQ(findings[0]["code"], "sts-policy-mx-invalid");
    EXPECT_NE(findings[0]["severity"], "critical") << mx;
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
  std::string out =
      lint(kPolicy, "version: STSv1\nmode: none\nmx: a.example\nmax_age: 86400\n").out;
  EXPECT_THAT(out, HasSubstr(": note: "));
  EXPECT_THAT(out, testing::Not(HasSubstr(": error: ")));
  EXPECT_THAT(out, EndsWith("\npolicy: valid, with advice\n"));
  out = lint(kTlsrpt, "v=TLSRPTv1; rua=ftp://b.example/").out;
  EXPECT_THAT(out, HasSubstr(": warning: "));
}

TEST(Lint, JsonIsOneLineWithTheParsedValues) {
  Linted linted =
      lint(kPolicy, "version: STSv1\r\nmode: enforce\r\nmx: *.a.example\r\nmax_age: 60\r\n", true);
  EXPECT_EQ(std::count(linted.out.begin(), linted.out.end(), '\n'), 1);
  json object = json::parse(linted.out);
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
  EXPECT_EQ(finding["senders"], json::array({"postfix-tlspol 1.13.0", "Stalwart 0.16.18"}));

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

  std::string body = policy("none", kMx + "max_age: 86400\r\n");
  EXPECT_EQ(lint(kPolicy, body).status, 0);
  while (body.size() <= protocol::kPolicyLimit_bytes) body += "comment: more\r\n";
  linted = lint(kPolicy, body);
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
