// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Findings name the senders that differ, and their severity follows.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verdict/broken_cases.h"

namespace mtasts::verdict {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Senders, TheRulesNameWhoDiffers) {
  Scene scene;
  scene.evidence.record.texts = {"v=STSv1; id=1;", "v=STSv1 ; id=2;"};
  Report report = scene.judged();
  ASSERT_NE(find(report, "sts-txt-multiple"), nullptr) << summary(report);
  EXPECT_THAT(find(report, "sts-txt-multiple")->message,
              HasSubstr("every tested sender but Stalwart 0.16.18 sees no record"));

  scene = Scene();
  scene.evidence.record.texts = {"v=STSv1; id=1;", "v=spf1 -all"};
  report = scene.judged();
  EXPECT_THAT(find(report, "sts-txt-unrelated-records")->message,
              HasSubstr("valid by RFC 8461 §3.1, but maddy 0.8.1 (go-mtasts) sees no record"));
  scene.evidence.record.texts = {"v=STSv1; id=1;", "v=STSv11; id=2;"};
  report = scene.judged();
  EXPECT_THAT(find(report, "sts-txt-unrelated-records")->message,
              HasSubstr("postfix-mta-sts-resolver 1.5.1 and maddy"));

  scene = Scene();
  scene.evidence.tlsrpt.texts = {"v=TLSRPTv1; rua=mailto:a@b.example",
                                 "v=TLSRPTv1 ; rua=mailto:c@b.example"};
  report = scene.judged();
  EXPECT_EQ(summary(report), "tlsrpt-unrelated-records:warning ");
  EXPECT_THAT(report.findings[0].message, HasSubstr("mox 0.0.17 and checkdmarc 6.0.4 refuse"));
}

TEST(Senders, ExpiryDoesNotEndEverything) {
  Scene scene;
  Report report = scene.judged();
  auto history = std::make_shared<History>();
  auto enforced = std::make_shared<PolicyFacts>();
  enforced->mode = protocol::Mode::enforce;
  history->policy.value = enforced;
  report.history = history;
  auto says = [&] {
    for (const std::string& sentence : sender_cache_sentences(report))
      if (sentence.find("mailauth 7.1.0 and mailauth 5.0.1 enforce") != std::string::npos)
        return true;
    return false;
  };
  EXPECT_FALSE(says()) << "a policy is served";
  report.policy.valid = false;
  EXPECT_TRUE(says());
  report.record.status = TxtStatus::missing;
  EXPECT_FALSE(says()) << "no record, no policy";
}

// The finding keeps the fault that names senders, wherever it stands.
TEST(Senders, AMergedFindingNamesThem) {
  Scene scene;
  std::string body = policy_text("enforce", kMx, "2592000") + "a: b\r\nc: d:e\r\nf: g\r\n";
  scene.set_body(body);
  Report report = scene.judged();
  const Finding* finding = find(report, "sts-policy-unknown-field");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->message, HasSubstr("maddy 0.8.1"));
  EXPECT_THAT(finding->message, HasSubstr("Policy line 7"));
}

TEST(Senders, WhatTheGrammarAllowsIsNeverCritical) {
  struct Case {
    const char* mx;
    Severity severity;
  };
  for (const Case& c :
       {Case{"192.0.2.1", Severity::warning}, Case{"xn--zzzzzzzz.example", Severity::warning},
        Case{"mx1.example.123", Severity::info}}) {
    Scene scene;
    scene.set_body(policy_text("enforce", std::string(kMx) + "mx: " + c.mx + "\r\n", "2592000"));
    Report report = scene.judged();
    const Finding* finding = find(report, "sts-policy-mx-invalid");
    ASSERT_NE(finding, nullptr) << summary(report);
    EXPECT_EQ(finding->severity, c.severity) << c.mx;
    EXPECT_TRUE(report.policy.valid) << c.mx;
  }
}

TEST(Senders, ADeclaredCharsetEndsTheDifference) {
  Scene scene;
  scene.set_body(policy_text("enforce", kMx, "2592000") + "note: b\xC3\xBC\r\n");
  Report report = scene.judged();
  EXPECT_THAT(find(report, "sts-policy-unknown-field")->message, Not(HasSubstr("but")));
  scene.for_each_fetch([](auto& attempt) { attempt.content_type = "text/plain"; });
  report = scene.judged();
  EXPECT_THAT(find(report, "sts-policy-unknown-field")->message,
              HasSubstr("postfix-mta-sts-resolver 1.5.1 refuses the policy"));
}

}  // namespace
}  // namespace mtasts::verdict
