// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the messages about SMTP say, and how one bad address beside good ones counts.
#include <gtest/gtest.h>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using protocol::SmtpAttempt;
using protocol::SmtpStatus;
using protocol::SmtpStep;

void fail(SmtpAttempt& attempt, SmtpStatus status, SmtpStep step, int code = 0,
          std::string text = {}) {
  attempt.status = status;
  attempt.step = step;
  attempt.reply_code = code;
  attempt.reply_text = std::move(text);
  attempt.chain = nullptr;
  attempt.starttls_offered.reset();
}

// One host with these addresses, each healthy.
Scene pool(std::vector<std::string> addresses) {
  Scene scene;
  scene.hosts[0] = good_host("mx1.example.com", addresses);
  return scene;
}

const Finding& finding_of(const Report& report, std::string_view code) {
  static const Finding kNone{};
  const Finding* found = find(report, code);
  EXPECT_NE(found, nullptr) << code << " not in: " << summary(report);
  return found != nullptr ? *found : kNone;
}

TEST(SmtpRules, DeferralsSayWhatTheServerDoesAndQuoteIt) {
  struct Case {
    SmtpStatus status;
    SmtpStep step;
    int code;
    std::string text;
    std::string_view finding, message;
  };
  const Case cases[] = {
      {SmtpStatus::starttls_rejected, SmtpStep::starttls, 454, "4.7.0 too many sessions",
       "smtp-rate-limited",
       "The server limits the agent's connections or sessions, which says nothing about the "
       "server's TLS: the reply to STARTTLS was \"454 4.7.0 too many sessions\""},
      {SmtpStatus::ehlo_rejected, SmtpStep::ehlo, 451, "Greylisted", "smtp-greylisted",
       "The server greylists the agent, which says nothing about the server's TLS: the reply to "
       "EHLO was \"451 Greylisted\""},
      {SmtpStatus::banner_rejected, SmtpStep::banner, 554, "no", "smtp-banner-5xx",
       "The server rejects the agent, which says nothing about the server's TLS: the banner was "
       "\"554 no\""},
      {SmtpStatus::banner_rejected, SmtpStep::banner, 421, "later", "smtp-banner-4xx",
       "The server puts the agent off, which says nothing about the server's TLS: the banner was "
       "\"421 later\""},
  };
  for (const Case& row : cases) {
    Scene scene = pool({"192.175.48.1"});
    fail(scene.probe(), row.status, row.step, row.code, row.text);
    Report report = scene.judged();
    const Finding& finding = finding_of(report, row.finding);
    EXPECT_EQ(finding.message, row.message);
    EXPECT_EQ(finding.severity, Severity::unknown);
    EXPECT_EQ(report.stage(Stage::smtp), StageResult::unknown);
    EXPECT_TRUE(report.mx[0].facts->addresses[0].unobserved);
  }
}

TEST(SmtpRules, ATarpitIsQuoted) {
  Scene scene = pool({"192.175.48.1"});
  fail(scene.probe(), SmtpStatus::tarpit, SmtpStep::banner);
  scene.probe().detail = "30 bytes in 30 seconds by banner";
  scene.probe().unfinished_reply = "220 mx ESMTP sp";
  Report report = scene.judged();
  EXPECT_EQ(finding_of(report, "smtp-tarpit").message,
            "The server sends its replies a few bytes at a time to slow the agent down, which says "
            "nothing about the server's TLS: 30 bytes in 30 seconds by banner, last "
            "\"220 mx ESMTP sp\"");
  EXPECT_TRUE(report.mx[0].facts->addresses[0].unobserved);
  EXPECT_FALSE(report.mx[0].facts->addresses[0].starttls.has_value());
}

TEST(SmtpRules, ATimeoutTellsNothingFromAPart) {
  for (SmtpStep step : {SmtpStep::banner, SmtpStep::ehlo, SmtpStep::starttls}) {
    Scene silent = pool({"192.175.48.1"});
    int before = step == SmtpStep::banner ? 0 : 220;
    fail(silent.probe(), SmtpStatus::timeout, step, before, before == 0 ? "" : "mx ESMTP");
    Scene part = silent;
    part.probe().unfinished_reply = "250-mx 250-SI";
    Report nothing_came = silent.judged();
    Report part_came = part.judged();
    const Finding& nothing = finding_of(nothing_came, "smtp-timeout");
    const Finding& some = finding_of(part_came, "smtp-timeout");
    EXPECT_TRUE(
        nothing.message.starts_with("The server sent nothing at " + std::string(name_of(step))))
        << nothing.message;
    EXPECT_TRUE(some.message.starts_with("The server sent only a part of its reply at " +
                                         std::string(name_of(step)) + ", \"250-mx 250-SI\""))
        << some.message;
    EXPECT_EQ(some.message.find("its reply before was 220 mx") != std::string::npos, before != 0);
    EXPECT_NE(nothing.fix, some.fix);
  }
}

TEST(SmtpRules, ACloseWithoutAReplyIsNotSaidToBeAnotherService) {
  Scene scene = pool({"192.175.48.1"});
  fail(scene.probe(), SmtpStatus::protocol_error, SmtpStep::ehlo, 220, "mx ESMTP");
  scene.probe().detail = "connection closed at EHLO";
  Report report = scene.judged();
  const Finding& finding = finding_of(report, "smtp-protocol-error");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_NE(finding.fix.find("closes the connection"), std::string::npos) << finding.fix;
}

TEST(SmtpRules, StarttlsOnSomeAddressesIsSelectiveWhateverTheOrder) {
  for (size_t bad : {0u, 1u, 2u}) {
    Scene scene = pool({"192.175.48.1", "192.175.48.2", "2a00::1"});
    fail(scene.probe(0, bad), SmtpStatus::starttls_missing, SmtpStep::ehlo, 250, "mx");
    scene.probe(0, bad).starttls_offered = false;
    std::string address = scene.probe(0, bad).address.text();
    Report report = scene.judged();
    const Finding& finding = finding_of(report, "smtp-starttls-selective");
    EXPECT_EQ(finding.severity, Severity::warning);
    EXPECT_EQ(finding.subject, "mx1.example.com [" + address + "]");
    EXPECT_TRUE(finding.message.ends_with("but " + address + " does not")) << finding.message;
    EXPECT_EQ(find(report, "smtp-starttls-missing"), nullptr);
    EXPECT_EQ(report.outcome, Outcome::warning);
  }
}

TEST(SmtpRules, StarttlsOnNoAddressIsMissing) {
  Scene scene = pool({"192.175.48.1", "192.175.48.2"});
  for (size_t address : {0u, 1u}) {
    fail(scene.probe(0, address), SmtpStatus::starttls_missing, SmtpStep::ehlo, 250, "mx");
    scene.probe(0, address).starttls_offered = false;
  }
  Report report = scene.judged();
  EXPECT_EQ(finding_of(report, "smtp-starttls-missing").severity, Severity::critical);
  EXPECT_EQ(find(report, "smtp-starttls-selective"), nullptr);
}

// The other address offers STARTTLS, but TLS fails there: nobody can deliver.
TEST(SmtpRules, WithoutAWorkingAddressEachFaultIsCritical) {
  Scene scene = pool({"192.175.48.1", "192.175.48.2"});
  fail(scene.probe(0, 0), SmtpStatus::starttls_missing, SmtpStep::ehlo, 250, "mx");
  fail(scene.probe(0, 1), SmtpStatus::starttls_rejected, SmtpStep::starttls, 454, "no");
  scene.probe(0, 0).starttls_offered = false;
  scene.probe(0, 1).starttls_offered = true;
  Report report = scene.judged();
  EXPECT_EQ(finding_of(report, "smtp-starttls-missing").severity, Severity::critical);
  EXPECT_EQ(finding_of(report, "smtp-starttls-refused").severity, Severity::critical);
}

TEST(SmtpRules, TwoLooksAtOneAddress) {
  Scene scene = pool({"192.175.48.1", "192.175.48.1"});
  fail(scene.probe(0, 1), SmtpStatus::starttls_missing, SmtpStep::ehlo, 250, "mx");
  scene.probe(0, 1).starttls_offered = false;
  Report report = scene.judged();
  EXPECT_EQ(finding_of(report, "smtp-starttls-selective").message,
            "192.175.48.1 offers STARTTLS on one connection and not on another");
}

TEST(SmtpRules, AnAddressThatPutsTheAgentOffIsNotSelective) {
  Scene scene = pool({"192.175.48.1", "192.175.48.2"});
  fail(scene.probe(0, 1), SmtpStatus::ehlo_rejected, SmtpStep::ehlo, 421, "too many connections");
  Report report = scene.judged();
  EXPECT_EQ(find(report, "smtp-starttls-selective"), nullptr);
  EXPECT_EQ(finding_of(report, "smtp-rate-limited").severity, Severity::unknown);
}

TEST(SmtpRules, ABadAddressBesideAGoodOneIsAWarningThatNamesIt) {
  struct Case {
    SmtpStatus status;
    SmtpStep step;
    int code;
    std::string_view finding;
  };
  const Case cases[] = {
      {SmtpStatus::starttls_stripped, SmtpStep::ehlo, 250, "smtp-starttls-stripped"},
      {SmtpStatus::starttls_rejected, SmtpStep::starttls, 454, "smtp-starttls-refused"},
      {SmtpStatus::ehlo_rejected, SmtpStep::ehlo, 502, "smtp-ehlo-failed"},
      {SmtpStatus::tls_failed, SmtpStep::handshake, 220, "smtp-tls-handshake-failed"},
      {SmtpStatus::tls_closed, SmtpStep::handshake, 220, "smtp-tls-closed"},
      {SmtpStatus::tls_version_old, SmtpStep::handshake, 220, "smtp-tls-old-only"},
  };
  for (const Case& row : cases) {
    for (size_t bad : {0u, 1u}) {
      Scene scene = pool({"192.175.48.1", "192.175.48.2"});
      fail(scene.probe(0, bad), row.status, row.step, row.code);
      Report beside_a_good_one = scene.judged();
      const Finding& finding = finding_of(beside_a_good_one, row.finding);
      EXPECT_EQ(finding.severity, Severity::warning) << row.finding;
      EXPECT_NE(finding.subject.find(scene.probe(0, bad).address.text()), std::string::npos)
          << finding.subject;
    }
    Scene scene = pool({"192.175.48.1", "192.175.48.2"});
    for (size_t address : {0u, 1u}) fail(scene.probe(0, address), row.status, row.step, row.code);
    Report all_bad = scene.judged();
    EXPECT_EQ(finding_of(all_bad, row.finding).severity, Severity::critical) << row.finding;
  }
}

}  // namespace
}  // namespace mtasts::verdict
