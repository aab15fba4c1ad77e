// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Servers that put the agent off, and those that stop in the middle.
#include <string>

#include "net/smtp/smtp_prober_fixture.h"

namespace mtasts::net {
namespace {

using protocol::Deferral;
using protocol::deferral_of;

SmtpScript with(SmtpScript made, const char* banner, const char* ehlo = nullptr,
                const char* starttls = nullptr) {
  if (banner != nullptr) made.banner = banner;
  if (ehlo != nullptr) made.ehlo = ehlo;
  if (starttls != nullptr) made.starttls = starttls;
  return made;
}

TEST_F(SmtpProberTest, KnowsAServerThatLimitsIt) {
  struct Case {
    SmtpScript script;
    SmtpStep step;
    int code;
    const char* why;
  };
  SmtpScript in_place_of_tls = script();
  in_place_of_tls.in_place_of_tls = "421 4.7.0 too many TLS sessions\r\n";
  SmtpScript lines_in_place_of_tls = script();
  lines_in_place_of_tls.in_place_of_tls = "454-4.7.0 too many\r\n454 4.7.0 TLS sessions\r\n";
  SmtpScript with_the_220 = faulty(SmtpFault::close, SmtpMoment::handshake);
  with_the_220.starttls = "220 go\r\n421 4.7.0 too many connections\r\n";
  const Case cases[] = {
      {with(script(), "421 4.7.0 too many connections\r\n"), SmtpStep::banner, 421, "banner"},
      {with(script(), "220-mx\r\n421 too many connections\r\n"), SmtpStep::banner, 421, "midway"},
      {with(script(), nullptr, "421 too many connections\r\n"), SmtpStep::ehlo, 421, "EHLO"},
      {with(script(), nullptr, "250-mx\r\n450 too many sessions\r\n"), SmtpStep::ehlo, 450, "EHLO"},
      {with(script(), nullptr, nullptr, "454 4.7.0 too many sessions\r\n"), SmtpStep::starttls, 454,
       "STARTTLS"},
      {in_place_of_tls, SmtpStep::starttls, 421, "after the 220"},
      {lines_in_place_of_tls, SmtpStep::starttls, 454, "after the 220, in two lines"},
      {with_the_220, SmtpStep::starttls, 421, "with the 220"},
  };
  for (const Case& row : cases) {
    SmtpServer server(row.script);
    SmtpAttempt attempt = probe(server.port());
    EXPECT_EQ(deferral_of(attempt), Deferral::rate_limited) << row.why << ": " << attempt.detail;
    EXPECT_EQ(name_of(attempt.step), name_of(row.step)) << row.why;
    EXPECT_EQ(attempt.reply_code, row.code) << row.why;
    EXPECT_NE(attempt.reply_text.find("too many"), std::string::npos) << attempt.reply_text;
    EXPECT_EQ(attempt.injected_bytes, 0U) << row.why;
    EXPECT_EQ(server.connections(), 1) << row.why;
  }
}

TEST_F(SmtpProberTest, ReadsARefusalWithoutItsEnd) {
  // The fake then waits for a command, so the limit is reached.
  SmtpAttempt attempt = probe(with(script(), "421 too many connections"), kShort);
  EXPECT_EQ(attempt.status, SmtpStatus::banner_rejected) << attempt.detail;
  EXPECT_EQ(attempt.reply_text, "too many connections");
  EXPECT_EQ(attempt.unfinished_reply, "");
}

TEST_F(SmtpProberTest, TellsATarpitAtEachStep) {
  const std::string filler(600, 'x');
  struct Case {
    SmtpScript script;
    SmtpStep step;
  };
  Case cases[] = {
      {with(script(), ("220 " + filler + "\r\n").c_str()), SmtpStep::banner},
      {with(script(), "220 x\r\n", ("250-mx\r\n250 " + filler + "\r\n").c_str()), SmtpStep::ehlo},
      {with(script(), "220 x\r\n", "250-a\r\n250 STARTTLS\r\n", ("220 " + filler).c_str()),
       SmtpStep::starttls},
  };
  for (Case& row : cases) {
    row.script.octet_pause = 4ms;
    SmtpAttempt attempt = probe(row.script, 900ms);
    EXPECT_EQ(name_of(attempt.status), name_of(SmtpStatus::tarpit)) << attempt.detail;
    EXPECT_EQ(name_of(attempt.step), name_of(row.step));
    EXPECT_NE(attempt.detail.find(" bytes in "), std::string::npos) << attempt.detail;
  }
}

TEST_F(SmtpProberTest, TellsAnEndlessTarpitFromAFlood) {
  std::string lines;
  for (int line = 0; line < 200; ++line) lines += "220-wait\r\n";
  SmtpScript slow = with(script(), lines.c_str());
  slow.line_pause = 20ms;  // 128 lines take longer than two seconds
  SmtpAttempt attempt = probe(slow);
  EXPECT_EQ(name_of(attempt.status), name_of(SmtpStatus::tarpit)) << attempt.detail;
  attempt = probe(with(script(), lines.c_str()));
  EXPECT_EQ(name_of(attempt.status), name_of(SmtpStatus::protocol_error)) << attempt.detail;
}

TEST_F(SmtpProberTest, QuotesThePartOfAReplyThatCame) {
  struct Case {
    SmtpScript script;
    SmtpStep step;
    const char* part;
  };
  const Case cases[] = {
      {with(script(), "220-mx.example\r\n220-wai"), SmtpStep::banner, "220-mx.example 220-wai"},
      {with(script(), "22"), SmtpStep::banner, "22"},
      {with(script(), nullptr, "250-mx\r\n250-SI"), SmtpStep::ehlo, "250-mx 250-SI"},
      {with(script(), nullptr, nullptr, "220 rea"), SmtpStep::starttls, "220 rea"},
  };
  for (const Case& row : cases) {
    SmtpAttempt attempt = probe(row.script, kShort);
    EXPECT_EQ(name_of(attempt.status), name_of(SmtpStatus::timeout)) << attempt.detail;
    EXPECT_EQ(name_of(attempt.step), name_of(row.step));
    EXPECT_EQ(attempt.unfinished_reply, row.part);
    EXPECT_NE(attempt.detail.find("only part of a reply"), std::string::npos) << attempt.detail;
  }
  SmtpAttempt silent = probe(faulty(SmtpFault::silence, SmtpMoment::ehlo), kShort);
  EXPECT_EQ(silent.status, SmtpStatus::timeout);
  EXPECT_EQ(silent.unfinished_reply, "");
  EXPECT_NE(silent.detail.find("no response"), std::string::npos) << silent.detail;
}

TEST_F(SmtpProberTest, ASlowBannerThatArrivesIsNoTarpit) {
  SmtpScript slow = with(script(), "220 mx.example ESMTP, wait for it\r\n");
  slow.octet_pause = 5ms;
  SmtpAttempt attempt = probe(slow);
  EXPECT_EQ(attempt.status, SmtpStatus::ok) << attempt.detail;
  EXPECT_GE(attempt.banner_time, 150ms);
}

TEST_F(SmtpProberTest, KeepsWhatTheServerSaysOfItself) {
  SmtpAttempt attempt = probe(with(script(), "220 mx.example ESMTP Postfix (Debian/GNU)\r\n"));
  EXPECT_EQ(attempt.banner, "mx.example ESMTP Postfix (Debian/GNU)");
  EXPECT_EQ(attempt.ehlo_text, "mx.example SIZE 1000 STARTTLS");
}

}  // namespace
}  // namespace mtasts::net
