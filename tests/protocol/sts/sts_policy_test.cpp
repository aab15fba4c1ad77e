// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/sts/sts_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "protocol/faults_of.h"

namespace mtasts::protocol {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kTail = "mx: a.example\r\nmax_age: 1209600\r\n";
const std::string kEnforce = "version: STSv1\r\nmode: enforce\r\n";

struct Good {
  std::string body;
  std::string faults;  // with positions; advice only
};

TEST(StsPolicy, TakesWhatTheAbnfTakes) {
  const std::vector<Good> good = {
      {kEnforce + kTail, ""},                                      // the reference policy
      {"version:STSv1\r\nmode:enforce\r\n" + kTail, ""},           // no blank after colons
      {"version: \t STSv1 \t\r\nmode: enforce \r\n" + kTail, ""},  // WSP around values
      {"version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1209600\n",
       "1:15 sts-policy-bare-lf"},  // LF, reported once
      {"version: STSv1\r\nmode: enforce\nmx: a.example\r\nmax_age: 1209600\r\n",
       "2:14 sts-policy-bare-lf"},  // mixed
      {kEnforce + "mx: a.example\r\nmax_age: 1209600",
       "4:17 sts-policy-no-final-eol"},  // the last line end is optional
      {"mode: enforce\r\nversion: STSv1\r\n" + kTail,
       "2:1 sts-policy-version-not-first"},  // any order
      {kEnforce + "mode: none\r\n" + kTail,
       "3:1 sts-policy-duplicate-field"},  // the first one counts
      {kEnforce + "version: STSv9\r\nmax_age: 1209600\r\nmx: a.example\r\nmax_age: 1\r\n",
       "3:1 sts-policy-duplicate-field, 6:1 sts-policy-duplicate-field"},
      {kEnforce + "x-y.z_0: caf\xC3\xA9 au lait\r\n" + kTail,
       "3:1 sts-policy-unknown-field"},  // UTF-8, inner spaces
      {kEnforce + "note: a: b = c\r\n" + kTail, "3:1 sts-policy-unknown-field"},  // colons inside
      {kEnforce + "mx: A.Example\r\n" + kTail, "4:5 sts-policy-mx-duplicate"},  // case-insensitive
      {kEnforce + "mx: *.b.example\r\nmx: b\r\nmx: xn--bcher-kva.example\r\n" + kTail, ""},
      {"version: STSv1\r\nmode: none\r\nmax_age: 0\r\n", "2:7 sts-mode-none"},  // RFC 8461 §8.3
      {"version: STSv1\r\nmode: none\r\nmax_age: 31557600\r\nmx: a.example\r\n",
       "2:7 sts-mode-none"},  // the longest max_age
      {"version: STSv1\r\nmode: testing\r\n" + kTail, "2:7 sts-mode-testing"},
      {kEnforce + "mx: a.example\r\nmax_age: 0000086400\r\n",
       "4:10 sts-policy-max-age-short"},  // ten digits
  };
  for (const Good& c : good) {
    StsPolicy policy = parse_sts_policy(c.body);
    EXPECT_TRUE(policy.valid) << c.body << placed(policy.faults);
    EXPECT_EQ(placed(policy.faults), c.faults) << c.body;
    EXPECT_TRUE(policy.mode && policy.max_age_seconds) << c.body;
  }
}

TEST(StsPolicy, AdvisesOnMaxAge) {
  struct Case {
    std::string mode;
    std::string max_age;
    std::string code;
  };
  const std::vector<Case> cases = {
      {"enforce", "0", "sts-policy-max-age-zero"},             // expires at once
      {"enforce", "1", "sts-policy-max-age-too-short"},        // ignored by Google
      {"enforce", "86399", "sts-policy-max-age-too-short"},    // just below a day
      {"enforce", "86400", "sts-policy-max-age-short"},        // a day
      {"enforce", "1209599", "sts-policy-max-age-short"},      // just below two weeks
      {"enforce", "1209600", ""},                              // two weeks
      {"enforce", "2592000", ""},                              // 30 days
      {"enforce", "2592001", "sts-policy-max-age-too-long"},   // postfix-tlspol keeps 30 days
      {"enforce", "31557600", "sts-policy-max-age-too-long"},  // Stalwart keeps one day
      {"testing", "0", "sts-policy-max-age-zero"},             // expires at once
      {"testing", "86399", "sts-policy-max-age-too-short"},    // just below a day
      {"testing", "86400", ""},                                // suitable while testing
      {"testing", "1209600", ""},                              // two weeks
      {"testing", "1209601", "sts-policy-max-age-too-long"},   // longer
      {"none", "0", ""},                                       // a small value is right for none
      {"none", "1", ""},                                       // a small value is right for none
      {"none", "31557600", ""},                                // no advice for none
  };
  for (const Case& c : cases) {
    StsPolicy policy = parse_sts_policy("version: STSv1\r\nmode: " + c.mode +
                                        "\r\nmx: a.example\r\nmax_age: " + c.max_age + "\r\n");
    EXPECT_TRUE(policy.valid);
    std::string codes;
    for (const SyntaxFault& fault : policy.faults)
      if (!fault.code.text().starts_with("sts-mode")) codes += fault.code;
    EXPECT_EQ(codes, c.code) << c.mode << " " << c.max_age;
  }
}

struct Bad {
  std::string body;
  std::string errors;  // with positions, without advice
  std::string fix;     // part of the first error's fix
};

void expect_bad(const std::vector<Bad>& bad) {
  for (const Bad& c : bad) {
    StsPolicy policy = parse_sts_policy(c.body);
    EXPECT_FALSE(policy.valid) << c.body;
    EXPECT_EQ(placed_errors(policy.faults), c.errors) << c.body;
    for (const SyntaxFault& fault : policy.faults) {
      if (fault.fault_class == FaultClass::advice) continue;
      EXPECT_THAT(fault.fix, HasSubstr(c.fix)) << c.body;
      break;
    }
  }
}

TEST(StsPolicy, RefusesWhatIsNoPolicy) {
  expect_bad({
      {"", "1:1 sts-policy-empty", "serve the policy"},
      {" \t\r\n\n ", "1:1 sts-policy-empty", "serve the policy"},
      {"\xEF\xBB\xBF \n", "1:1 sts-policy-empty", "serve the policy"},  // only a byte order mark
      {"<!DOCTYPE html><html>", "1:1 sts-policy-html", "home or error page"},
      {"\n\n  <HTML>\nversion: STSv1\n", "1:1 sts-policy-html", "home or error page"},
      {"<!doctype html>", "1:1 sts-policy-html", ""},
      {"<?xml version=\"1.0\"?>", "1:1 sts-policy-html", ""},
      {"\xFF\xFEv\0e\0", "1:1 sts-policy-bom", "UTF-8 without"},  // UTF-16
      {"Not Found\n", "1:1 sts-policy-syntax", ""},               // one fault, not five
      {"{\"a\": 1}\n", "1:1 sts-policy-syntax", ""},              // JSON
      {"foo: bar\n",
       "2:1 sts-policy-version-missing, 2:1 sts-policy-mode-missing, "
       "2:1 sts-policy-max-age-missing, 2:1 sts-policy-mx-missing",
       "version: STSv1"},  // an extension line matches the ABNF
  });
}

TEST(StsPolicy, RefusesFaultyLines) {
  expect_bad({
      {"\xEF\xBB\xBF" + kEnforce + kTail, "1:1 sts-policy-bom", "without a byte order mark"},
      {kEnforce + "\r\n" + kTail, "3:1 sts-policy-blank-line", "remove the line"},
      {kEnforce + " \t\r\n" + kTail, "3:1 sts-policy-blank-line", "remove the line"},
      {kEnforce + kTail + "\r\n", "5:1 sts-policy-blank-line", "remove the line"},
      {kEnforce + kTail + "  ", "5:1 sts-policy-blank-line", "remove the line"},
      {"\n" + kEnforce + kTail, "1:1 sts-policy-blank-line", "remove the line"},
      {kEnforce + " " + kTail, "3:1 sts-policy-leading-space", "remove the whitespace"},
      {kEnforce + "mx : b.example\r\n" + kTail, "3:3 sts-policy-space-before-colon", "write mx:"},
      {kEnforce + "MX: b.example\r\n" + kTail, "3:1 sts-policy-key-case", "write mx: b.example"},
      {"Version: STSv1\r\nMode: enforce\r\n" + kTail,
       "1:1 sts-policy-key-case, 2:1 sts-policy-key-case", "write version: STSv1"},
      {kEnforce + "mx: a.example\r\nmax-age: 1209600\r\n", "4:1 sts-policy-max-age-missing",
       "write max_age: 1209600"},  // matches the ABNF, but the field is missing
      {"version=STSv1\r\nmode=enforce\r\n" + kTail, "1:8 sts-policy-syntax, 2:5 sts-policy-syntax",
       "write version: STSv1"},
      {kEnforce + "# note\r\n" + kTail, "3:1 sts-policy-syntax", "remove the line"},
      {kEnforce + "note\r\n" + kTail, "3:1 sts-policy-syntax", "a colon"},
      {kEnforce + ": x\r\n" + kTail, "3:1 sts-policy-syntax", "correct the name"},
      {kEnforce + "n\xC3\xA9: x\r\n" + kTail, "3:1 sts-policy-syntax", "correct the name"},
      {kEnforce + std::string(33, 'n') + ": x\r\n" + kTail, "3:1 sts-policy-syntax", ""},
      {kEnforce + "note:\r\n" + kTail, "3:6 sts-policy-syntax", "correct the value"},
      {kEnforce + "note: a\tb\r\n" + kTail, "3:8 sts-policy-syntax", "correct the value"},
      {kEnforce + "note: \xC3(\r\n" + kTail, "3:7 sts-policy-syntax", "correct the value"},
      {kEnforce + std::string("note: \0\r\n", 9) + kTail, "3:7 sts-policy-syntax", ""},
      {kEnforce + "note: a\rb: c\r\n" + kTail, "3:8 sts-policy-syntax", "CRLF"},  // lone CR
      {kEnforce + "mode:\r\n" + kTail, "3:6 sts-policy-syntax", ""},  // an empty second mode
  });
}

TEST(StsPolicy, RefusesFaultyValues) {
  expect_bad({
      {kEnforce, "3:1 sts-policy-max-age-missing, 3:1 sts-policy-mx-missing", "max_age: 604800"},
      {"mode: enforce\r\n" + kTail, "4:1 sts-policy-version-missing", "version: STSv1"},
      {"version: STSv1\r\n" + kTail, "4:1 sts-policy-mode-missing", "mode: testing"},
      {kEnforce + "max_age: 1209600", "3:17 sts-policy-mx-missing", "add one mx: line"},
      {"version: STS1\r\nmode: enforce\r\n" + kTail, "1:10 sts-policy-version-invalid",
       "version: STSv1"},
      {"version: STS1\r\nversion: STSv1\r\nmode: enforce\r\n" + kTail,
       "1:10 sts-policy-version-invalid", "version: STSv1"},  // the first one counts
      {"version: stsv1\r\nmode: enforce\r\n" + kTail, "1:10 sts-policy-version-invalid", ""},
      {"version:\r\nmode: enforce\r\n" + kTail, "1:9 sts-policy-version-invalid", ""},
      {"version: STSv1\r\nmode: Enforce\r\n" + kTail, "2:7 sts-policy-mode-invalid",
       "write mode: enforce"},
      {"version: STSv1\r\nmode: report\r\n" + kTail, "2:7 sts-policy-mode-invalid",
       "write mode: testing"},
      {"version: STSv1\r\nmode: online\r\n" + kTail, "2:7 sts-policy-mode-invalid",
       "testing, mode: enforce or"},
      {"version: STSv1\r\nmode:\r\n" + kTail, "2:6 sts-policy-mode-invalid", "mode: testing"},
      {kEnforce + "mx: a.example\r\nmax_age: 31557601\r\n", "4:10 sts-policy-max-age-over-limit",
       "max_age: 2592000"},
      {kEnforce + "mx: a.example\r\nmax_age: 9999999999\r\n", "4:10 sts-policy-max-age-over-limit",
       "max_age: 2592000"},
      {kEnforce + "mx: a.example\r\nmax_age: 00001209600\r\n", "4:10 sts-policy-max-age-invalid",
       "max_age: 1209600"},  // eleven digits
      {kEnforce + "mx: a.example\r\nmax_age: 99999999999999999999999\r\n",
       "4:10 sts-policy-max-age-invalid", "max_age: 2592000"},
      {kEnforce + "mx: a.example\r\nmax_age: 2 weeks\r\n", "4:10 sts-policy-max-age-invalid",
       "max_age: 1209600"},
      {kEnforce + "mx: a.example\r\nmax_age: 14d\r\n", "4:10 sts-policy-max-age-invalid",
       "max_age: 1209600"},
      {kEnforce + "mx: a.example\r\nmax_age: 1,209,600\r\n", "4:10 sts-policy-max-age-invalid",
       "max_age: 1209600"},
      {kEnforce + "mx: a.example\r\nmax_age: \"1209600\"\r\n", "4:10 sts-policy-max-age-invalid",
       "max_age: 1209600"},
      {kEnforce + "mx: a.example\r\nmax_age: -1\r\n", "4:10 sts-policy-max-age-invalid",
       "digits only"},
      {kEnforce + "mx: a.example\r\nmax_age: 1e6\r\n", "4:10 sts-policy-max-age-invalid",
       "digits only"},
      {kEnforce + "mx: a.example\r\nmax_age:\r\n", "4:9 sts-policy-max-age-invalid", "max_age: "},
  });
}

TEST(StsPolicy, OnlyADifferentSecondValueDividesSenders) {
  struct Case {
    std::string line;
    SenderDifference difference;
  };
  const std::vector<Case> cases = {
      {"mode: enforce", SenderDifference::none},
      {"mode: testing", SenderDifference::policy_mode_twice},
      {"mode: on", SenderDifference::policy_mode_twice_unreadable},
      {"version: STSv1", SenderDifference::none},
      {"version: STSv2", SenderDifference::policy_version_twice},
      {"max_age: 1209600", SenderDifference::none},
      {"max_age: 1209601", SenderDifference::policy_max_age_twice},
      {"max_age: 14d", SenderDifference::policy_max_age_twice_unreadable},
  };
  for (const Case& c : cases) {
    StsPolicy policy = parse_sts_policy(kEnforce + kTail + c.line + "\r\n");
    EXPECT_TRUE(policy.valid);
    EXPECT_EQ(placed(policy.faults), "5:1 sts-policy-duplicate-field");
    EXPECT_EQ(policy.faults[0].difference, c.difference) << c.line;
  }
}

TEST(StsPolicy, ADifferenceIsNotHiddenByAFloodOfItsCode) {
  std::string body = kEnforce + kTail;
  for (int i = 0; i < 50; ++i) body += "note: x\r\n";
  StsPolicy policy = parse_sts_policy(body + "note: a:b\r\n");
  EXPECT_EQ(policy.faults.back().difference, SenderDifference::policy_value_colon);
}

TEST(StsPolicy, ContinuesWhereTheRepairIsObvious) {
  StsPolicy policy = parse_sts_policy(
      "\xEF\xBB\xBFVersion : STSv1\n\n Mode= Testing\nmx: A.example, *.b.example\nmax_age: 1 week");
  EXPECT_FALSE(policy.valid);
  EXPECT_EQ(policy.mode, Mode::testing);
  EXPECT_EQ(policy.max_age_seconds, 604800u);
  EXPECT_THAT(policy.mx, ElementsAre("a.example", "*.b.example"));
  EXPECT_EQ(placed_errors(policy.faults),
            "1:1 sts-policy-bom, 1:4 sts-policy-key-case, 1:11 sts-policy-space-before-colon, "
            "2:1 sts-policy-blank-line, 3:1 sts-policy-leading-space, 3:2 sts-policy-key-case, "
            "3:6 sts-policy-syntax, 3:8 sts-policy-mode-invalid, 4:5 sts-policy-mx-invalid, "
            "5:10 sts-policy-max-age-invalid");
}

TEST(StsPolicy, NamesTheObservedValue) {
  StsPolicy policy = parse_sts_policy("version: STS1\nmode: on\nmx: a_b\nmax_age: 40000000\n");
  ASSERT_EQ(policy.faults.size(), 5u) << placed(policy.faults);
  EXPECT_EQ(policy.faults[0].message, "the version is \"STS1\", but only STSv1 exists");
  EXPECT_EQ(policy.faults[2].message,
            "the mode is \"on\", not testing, enforce or none in lower case");
  EXPECT_EQ(policy.faults[3].message,
            "mx \"a_b\" contains an underscore, which host names must not; mox 0.0.17 and "
            "postfix-tlspol 1.13.0 refuse the policy");
  EXPECT_THAT(policy.faults[4].message,
              testing::StartsWith(
                  "max_age 40000000 exceeds the limit of 31557600 seconds (about a year); "));
  EXPECT_EQ(policy.max_age_seconds, 40000000u);
}

TEST(StsPolicy, BlankLineDependsOnTheSender) {
  StsPolicy policy = parse_sts_policy(kEnforce + "\r\n" + kTail);
  ASSERT_EQ(policy.faults.size(), 1u);
  EXPECT_EQ(policy.faults[0].fault_class, FaultClass::differs);
}

TEST(StsPolicy, FirstModeAndMaxAgeCount) {
  StsPolicy policy = parse_sts_policy(kEnforce + kTail + "mode: none\r\nmax_age: 5\r\n");
  EXPECT_EQ(policy.mode, Mode::enforce);
  EXPECT_EQ(policy.max_age_seconds, 1209600u);
}

TEST(StsPolicy, FloodsStayBounded) {
  auto begin = std::chrono::steady_clock::now();
  const std::vector<std::string> pieces = {
      "\n",       "\r",          " ",   "\t\n",  "mx:\n",  "mx:a\n",
      "mx:a_b\n", "mx: *.",      "a.",  "x:y\n", "MX:a\n", " a:b\n",
      "a :b\n",   "mode:none\n", "#\n", "=",     ":",      std::string(1, '\0'),
      "\xFF",     "\xC3\xA9"};
  for (const std::string& piece : pieces) {
    std::string body = kEnforce;
    while (body.size() < 65536) body += piece;
    StsPolicy policy = parse_sts_policy(body);
    EXPECT_LE(policy.faults.size(), kMostFaults);
    for (const SyntaxFault& fault : policy.faults) {
      EXPECT_LT(fault.message.size(), 1000u);
      EXPECT_LT(fault.fix.size(), 3000u);
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(StsPolicy, FloodOfOneKindHidesNoOther) {
  std::string body =
      "version: STSv1\r\nmode: enforce\r\n" + std::string(10000, '\n') + "mx: a_b\r\n";
  StsPolicy policy = parse_sts_policy(body);
  EXPECT_TRUE(has_code(policy.faults, "sts-policy-mx-invalid"));
  EXPECT_TRUE(has_code(policy.faults, "sts-policy-max-age-missing"));
  size_t blank = 0;
  std::string last;
  for (const SyntaxFault& fault : policy.faults) {
    if (fault.code != "sts-policy-blank-line") continue;
    ++blank;
    last = fault.message;
  }
  EXPECT_EQ(blank, 5u);
  EXPECT_THAT(last, testing::StartsWith("the line is blank; mox "));
  EXPECT_THAT(last, testing::EndsWith(" (and 9995 more like this)"));
}

TEST(StsPolicy, KeepsAThousandPatterns) {
  std::string body = kEnforce + "max_age: 1209600\r\n";
  for (int i = 0; i < 3000; ++i) body += "mx: m" + std::to_string(i) + ".example\r\n";
  StsPolicy policy = parse_sts_policy(body);
  EXPECT_TRUE(policy.valid);
  EXPECT_EQ(policy.mx.size(), kMostMxPatterns);
  EXPECT_EQ(policy.mx.back(), "m999.example");
  EXPECT_THAT(policy.faults, IsEmpty());
}

TEST(Mode, NamesAreCaseSensitive) {
  EXPECT_EQ(mode_named("enforce"), Mode::enforce);
  EXPECT_EQ(mode_named("testing"), Mode::testing);
  EXPECT_EQ(mode_named("none"), Mode::none);
  for (const char* name : {"", "Enforce", "NONE", "test", "enforce "})
    EXPECT_EQ(mode_named(name), std::nullopt) << name;
}

}  // namespace
}  // namespace mtasts::protocol
