// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/faults.h"

#include <gmock/gmock.h>

#include <set>
#include <string>

#include "verdict/healthy_evidence.h"

namespace mtasts::verdict {
namespace {

using protocol::DnsStatus;
using protocol::HttpsStatus;
using protocol::SmtpStatus;
using protocol::SmtpStep;
using std::chrono::hours;
using std::chrono::minutes;
using testing::HasSubstr;

// Checks of one domain, one after another, as the agent makes them.
class Checks {
 public:
  const Report& check(Scene scene, Time at) {
    scene.evidence.started = at;
    scene.evidence.finished = at + std::chrono::seconds(1);
    Report report = scene.judged_at(at, history_);
    if (before_) hold_unseen(*before_, report);
    history_ = report.history;
    before_ = std::move(report);
    return *before_;
  }

 private:
  std::optional<Report> before_;
  HistoryPtr history_ = std::make_shared<const History>();
};

// "alert severity code subject seen" of each fault, one a line.
std::string text_of(const Report& report) {
  std::string text;
  for (const Fault& fault : faults_of(report)) {
    text += std::string(fault.alert->alert) + " " + std::string(name_of(fault.severity)) + " " +
            std::string(fault.row->code.text());
    if (!fault.subject.empty()) text += " " + std::string(fault.subject);
    text += fault.is_over ? " over" : fault.is_seen_now ? " now" : " earlier";
    text += "\n";
  }
  return text;
}

// The connection to the address of the attempt ended like this.
template <typename Attempt, typename Status>
void fail(Attempt& attempt, Status status) {
  Attempt failed;
  failed.address = attempt.address;
  failed.status = status;
  attempt = failed;
}

Scene without_policy() {
  Scene scene;
  scene.for_each_fetch([](auto& attempt) { attempt.http_status = 404; });
  return scene;
}

Scene blind_over_https(Scene scene = {}) {
  scene.lose(ChannelKind::https);
  scene.for_each_fetch([](auto& attempt) { fail(attempt, HttpsStatus::connect_timeout); });
  return scene;
}

// No lookup is answered.
Scene blind_over_dns() {
  Scene scene = blind_over_https();
  scene.lose(ChannelKind::dns);
  scene.evidence.record.status = scene.evidence.tlsrpt.status = DnsStatus::timeout;
  scene.evidence.record.texts.clear();
  scene.evidence.tlsrpt.texts.clear();
  scene.evidence.mx.status = DnsStatus::timeout;
  scene.evidence.mx.mx.clear();
  for (auto& answer : scene.evidence.policy.addresses.answers) {
    answer.status = DnsStatus::timeout;
    answer.addresses.clear();
  }
  scene.evidence.policy.attempts.clear();
  return scene;
}

Scene with_expired_mx_certificate() {
  Scene scene;
  scene.break_mx_chain([](auto& chain) {
    chain.leaf.not_after = chain.chain_not_after = in_days(-1);
    chain.faults = {protocol::ChainFault::expired};
  });
  return scene;
}

Scene greylisted(Scene scene = {}) {
  for (auto& attempt : scene.hosts[0].attempts) {
    fail(attempt, SmtpStatus::ehlo_rejected);
    attempt.step = SmtpStep::ehlo;
    attempt.reply_code = 451;
    attempt.reply_text = "Greylisted";
  }
  return scene;
}

Scene with_dead_hosts(Scene scene = {}) {
  for (auto& host : scene.hosts)
    for (auto& attempt : host.attempts) fail(attempt, SmtpStatus::refused);
  return scene;
}

TEST(Alerts, EachHasCodesOfItsOwn) {
  std::set<std::string_view> codes;
  for (const AlertRow& row : alerts_table()) {
    EXPECT_TRUE(row.alert.starts_with("Mtasts")) << row.alert;
    EXPECT_FALSE(row.codes.empty()) << row.alert;
    for (FindingCode code : row.codes) {
      EXPECT_TRUE(codes.insert(code.text()).second) << code.text();
      EXPECT_EQ(alert_of(code), &row);
      const Stage stage = row_of(code).stage;
      if (stage == Stage::mx) continue;  // has both kinds
      const bool of_host = stage == Stage::smtp || stage == Stage::mx_certificate ||
                           stage == Stage::dane || code == FindingCode("cert-key-changed-tlsa-not");
      EXPECT_EQ(row.part.has_value(), of_host) << code.text();
    }
  }
  EXPECT_EQ(alert_of("mx-null"), nullptr) << "information alone";
  EXPECT_EQ(alert_of("mx-unchecked"), nullptr) << "the agent's own sight";
}

TEST(Faults, HealthyDomainsHaveNone) {
  EXPECT_EQ(text_of(Scene().judged()), "");
  EXPECT_EQ(text_of(blind_over_dns().judged()), "") << "nothing is known of a domain not seen yet";
}

TEST(Faults, AreFindingsWithTheirAlert) {
  EXPECT_EQ(text_of(without_policy().judged()),
            "MtastsPolicyUnavailable critical sts-http-status mta-sts.example.com now\n");
  EXPECT_EQ(text_of(with_expired_mx_certificate().judged()),
            "MtastsMxCertificateInvalid critical cert-expired mx1.example.com now\n");
}

TEST(Faults, AreHeldWhileTheirStageCannotBeSeen) {
  const std::string fault = "MtastsPolicyUnavailable critical sts-http-status mta-sts.example.com";
  Checks checks;
  EXPECT_EQ(text_of(checks.check(without_policy(), kNow)), fault + " now\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + minutes(15))), fault + " earlier\n");
  EXPECT_EQ(text_of(checks.check(blind_over_dns(), kNow + hours(5))), fault + " earlier\n");
  EXPECT_EQ(text_of(checks.check(without_policy(), kNow + minutes(359))), fault + " now\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + hours(6))), fault + " earlier\n");
  EXPECT_EQ(text_of(checks.check(Scene(), kNow + hours(7))), fault + " over\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + hours(8))), "")
      << "the last conclusive look saw nothing wrong";
}

TEST(Faults, AreHeldForSixHoursAtMost) {
  const std::string fault = "MtastsPolicyUnavailable critical sts-http-status mta-sts.example.com";
  Checks checks;
  checks.check(without_policy(), kNow);
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + hours(1))), fault + " earlier\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + kHeldFor - minutes(1))),
            fault + " earlier\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + kHeldFor)), fault + " over\n");
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + kHeldFor + minutes(15))), "");
}

TEST(Faults, WhatWasNeverSeenIsNotHeld) {
  Checks checks;
  checks.check(Scene(), kNow);
  EXPECT_EQ(text_of(checks.check(blind_over_https(), kNow + minutes(15))), "");
  EXPECT_EQ(text_of(checks.check(greylisted(), kNow + minutes(30))), "");
}

TEST(Faults, OfAnotherStageAreSeenMeanwhile) {
  Scene both = without_policy();
  both.evidence.tlsrpt =
      dns_answer("_smtp._tls.example.com", protocol::RecordType::txt, DnsStatus::nxdomain);
  Scene later = blind_over_https();
  Checks checks;
  EXPECT_THAT(text_of(checks.check(both, kNow)), HasSubstr("MtastsTlsrptMissing"));
  EXPECT_EQ(text_of(checks.check(later, kNow + minutes(15))),
            "MtastsPolicyUnavailable critical sts-http-status mta-sts.example.com earlier\n");
}

TEST(Faults, OfAnMxHostAreHeldByTheirPart) {
  const std::string fault = "MtastsMxCertificateInvalid critical cert-expired mx1.example.com";
  Checks checks;
  EXPECT_EQ(text_of(checks.check(with_expired_mx_certificate(), kNow)), fault + " now\n");
  EXPECT_EQ(text_of(checks.check(greylisted(), kNow + minutes(15))), fault + " earlier\n")
      << "the other host passes, and the stage with it";
  EXPECT_EQ(text_of(checks.check(blind_over_dns(), kNow + minutes(30))), fault + " earlier\n")
      << "the MX hosts are not known";
  EXPECT_EQ(text_of(checks.check(Scene(), kNow + minutes(45))), fault + " over\n");
  EXPECT_EQ(text_of(checks.check(Scene(), kNow + minutes(60))), "");
}

TEST(Faults, OfAnMxHostThatLeftAreGone) {
  Scene moved;
  moved.set_mx({"mx2.example.com"});
  Checks checks;
  checks.check(with_expired_mx_certificate(), kNow);
  EXPECT_THAT(text_of(checks.check(moved, kNow + minutes(15))),
              testing::Not(HasSubstr("cert-expired")));
}

TEST(Faults, OfOneAddressAreHeldByThatAddress) {
  Scene one_bad;
  fail(one_bad.probe(0, 1), SmtpStatus::refused);
  Scene unseen = one_bad;
  unseen.probe(0, 1).status = SmtpStatus::cancelled;
  Checks checks;
  const std::string seen = text_of(checks.check(one_bad, kNow));
  EXPECT_THAT(seen, HasSubstr("MtastsMxUnreachable warning"));
  const std::string held = text_of(checks.check(unseen, kNow + minutes(15)));
  EXPECT_THAT(held, HasSubstr("MtastsMxUnreachable warning"));
  EXPECT_THAT(held, HasSubstr(" earlier\n"));
  EXPECT_THAT(text_of(checks.check(Scene(), kNow + minutes(30))), HasSubstr(" over\n"));
}

TEST(Faults, ConnectionsAreCriticalWhereNoOtherHostTakesMail) {
  Scene one_left = with_dead_hosts();
  one_left.hosts[1] = Scene().hosts[1];
  EXPECT_THAT(text_of(one_left.judged()), testing::Not(HasSubstr("critical")));
  EXPECT_THAT(text_of(with_dead_hosts().judged()), HasSubstr("MtastsMxUnreachable critical"));
  Scene testing_mode = with_dead_hosts();
  testing_mode.set_body(
      "version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmx: mx2.example.com\r\n"
      "max_age: 2592000\r\n");
  EXPECT_THAT(text_of(testing_mode.judged()), testing::Not(HasSubstr("critical")));
  Scene one_unseen = with_dead_hosts();
  one_unseen.probe(1).status = SmtpStatus::cancelled;
  EXPECT_THAT(text_of(one_unseen.judged()), testing::Not(HasSubstr("critical")))
      << "the other host may take mail";
}

TEST(Faults, KeepTheirSeverityWhileTheModeCannotBeSeen) {
  const std::string fault = "MtastsMxCertificateInvalid critical cert-expired mx1.example.com";
  Checks checks;
  checks.check(with_expired_mx_certificate(), kNow);
  Scene blind = blind_over_https(with_expired_mx_certificate());
  EXPECT_EQ(text_of(checks.check(blind, kNow + minutes(15))), fault + " now\n");
  EXPECT_EQ(text_of(checks.check(blind, kNow + hours(7))),
            "MtastsMxCertificateInvalid warning cert-expired mx1.example.com now\n")
      << "for six hours";
  Checks dead;
  dead.check(with_dead_hosts(), kNow);
  EXPECT_THAT(text_of(dead.check(blind_over_https(with_dead_hosts()), kNow + minutes(15))),
              HasSubstr("MtastsMxUnreachable critical"));
}

TEST(Certificates, DatesAreOfTheFirstToEnd) {
  protocol::PeerChain chain = good_chain("mx.example.com");
  EXPECT_EQ(dates_of(chain).expiry, in_days(60));
  EXPECT_EQ(dates_of(chain).not_before, in_days(-30));
  chain.chain_not_after = in_days(10);
  EXPECT_EQ(dates_of(chain).expiry, in_days(10));
  EXPECT_EQ(dates_of(chain).not_before, std::nullopt) << "of an intermediate";
  EXPECT_EQ(dates_of(MxHostReport()), std::nullopt);
}

TEST(Certificates, AreHeldWhileTheyCannotBeSeen) {
  Checks checks;
  EXPECT_TRUE(checks.check(Scene(), kNow).held_certificates.empty());
  const Report& blind = checks.check(blind_over_dns(), kNow + minutes(15));
  ASSERT_EQ(blind.held_certificates.size(), 3u) << "policy host and two MX hosts";
  for (const HeldCertificate& held : blind.held_certificates) {
    EXPECT_EQ(held.expiry, in_days(60));
    EXPECT_EQ(held.seen_at, kNow);
  }
  EXPECT_EQ(checks.check(blind_over_dns(), kNow + hours(5)).held_certificates.size(), 3u);
  EXPECT_TRUE(checks.check(blind_over_dns(), kNow + kHeldFor).held_certificates.empty());
  EXPECT_TRUE(checks.check(Scene(), kNow + hours(7)).held_certificates.empty());
}

}  // namespace
}  // namespace mtasts::verdict
