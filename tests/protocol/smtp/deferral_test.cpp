// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/deferral.h"

#include <gtest/gtest.h>

namespace mtasts::protocol {
namespace {

using enum SmtpStatus;

struct Case {
  SmtpStatus status;
  int code;
  const char* text;
  Deferral expected;
  const char* why;
};

SmtpAttempt replied(SmtpStatus status, int code, std::string text) {
  SmtpAttempt attempt;
  attempt.status = status;
  attempt.reply_code = code;
  attempt.reply_text = std::move(text);
  return attempt;
}

TEST(Deferral, KnowsTheWordsOfServersThatLimitTheirClients) {
  struct Reply {
    int code;
    const char* text;
    const char* who;
  };
  const Reply replies[] = {
      {421, "4.7.0 mx.example Error: too many connections from 192.0.2.1", "Postfix"},
      {421, "4.7.0 mx.example Error: too many new TLS sessions from 192.0.2.1", "Postfix"},
      {450, "4.7.0 Error: too much mail from 192.0.2.1: too many messages", "Postfix"},
      {421, "4.3.2 All server ports are busy", "postscreen"},
      {421, "Too many concurrent SMTP connections; please try again later.", "Exim"},
      {421, "mx.example: Too many concurrent SMTP connections from this IP address", "Exim"},
      {421, "4.3.2 Connection rate limit exceeded.", "sendmail"},
      {421, "4.3.2 Too many open connections.", "sendmail"},
      {452, "4.4.5 Too many sessions from your host", "a proxy"},
      {421,
       "4.3.2 The maximum number of concurrent server connections has exceeded a limit, "
       "closing transmission channel",
       "Exchange"},
      {421, "4.4.2 Message submission rate for this client has exceeded the configured limit",
       "Exchange"},
      {451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719)",
       "Exchange Online"},
      {421, "4.7.0 Our system has detected an unusual rate of 4.7.0 unsolicited mail", "Gmail"},
      {421, "4.7.0 Try again later, closing connection. (EHLO) x - gsmtp", "Gmail"},
      {421, "4.7.28 Our system has detected an unusual rate of mail", "Gmail"},
      {421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume",
       "Yahoo"},
      {421, "mwinf ME Trop de connexions, veuillez verifier votre configuration.", "Orange"},
      {454, "4.7.0 TLS not available: too many sessions", "a TLS front"},
      {454, "TLS session limit reached", "a TLS front"},
      {451, "Temporarily throttled", "several"},
      {554, "5.7.1 Too many connections from your IP", "a permanent code"},
      {421, "Only 5 connections per minute are allowed", "Haraka"},
  };
  for (const Reply& row : replies)
    for (SmtpStatus status : {banner_rejected, ehlo_rejected, starttls_rejected})
      EXPECT_EQ(deferral_of(replied(status, row.code, row.text)), Deferral::rate_limited)
          << row.who << ": " << row.text << " at " << name_of(status);
}

TEST(Deferral, KnowsGreylistingAtEveryStep) {
  for (const char* text :
       {"Greylisted for 5 minutes", "4.2.0 mx: Recipient address rejected: Greylisted",
        "4.7.1 Greylisting in action, please come back in 00:05:00", "temporary graylisting",
        "Grey listing in effect", "see http://postgrey.schweikert.ch/help/x.html"})
    for (SmtpStatus status : {banner_rejected, ehlo_rejected, starttls_rejected})
      for (int code : {421, 450, 451, 454})
        EXPECT_EQ(deferral_of(replied(status, code, text)), Deferral::greylisted) << text;
}

TEST(Deferral, TellsTheClientsTroubleFromTheServers) {
  const Case cases[] = {
      {starttls_rejected, 454, "4.7.0 TLS not available due to local problem", Deferral::none,
       "Postfix without a usable certificate"},
      {starttls_rejected, 454, "TLS not available due to temporary reason", Deferral::none,
       "RFC 3207's own words"},
      {starttls_rejected, 454, "TLS currently unavailable", Deferral::none, "Exim"},
      {starttls_rejected, 454, "4.3.3 TLS not available: cannot generate key, temporarily",
       Deferral::none, "generate is no rate"},
      {starttls_rejected, 454, "4.3.0 too many open files", Deferral::none, "the server's"},
      {starttls_rejected, 502, "what", Deferral::none, "not known after all"},
      {starttls_rejected, 220, "too many connections", Deferral::none, "not a refusal"},
      {starttls_rejected, 421, "closing", Deferral::temporary, "RFC 5321 §3.8"},
      {starttls_rejected, 421, "4.7.0 too many errors", Deferral::temporary, "not a rate"},
      {ehlo_rejected, 502, "5.5.2 command not implemented", Deferral::none, "no ESMTP"},
      {ehlo_rejected, 504, "5.5.2 HELO rejected", Deferral::none, "not with this argument"},
      {ehlo_rejected, 450, "4.7.1 Helo command rejected: Host not found", Deferral::temporary,
       "the client's name"},
      {ehlo_rejected, 554, "5.7.1 rejected due to poor reputation", Deferral::rejected, "list"},
      {banner_rejected, 421, "busy", Deferral::temporary, "no word about us"},
      {banner_rejected, 421, "4.7.0 blocked, see https://www.spamhaus.org/", Deferral::temporary,
       "a block list"},
      {banner_rejected, 554, "5.7.1 no service for you", Deferral::rejected, "a block list"},
      {banner_rejected, 220, "", Deferral::none, "no refusal"},
      {ok, 220, "too many connections", Deferral::none, "it worked"},
      {starttls_missing, 250, "too many connections", Deferral::none, "EHLO was accepted"},
      {protocol_error, 421, "too many connections", Deferral::none, "it was not read as such"},
      {tarpit, 0, "", Deferral::tarpit, "whatever it says"},
      {timeout, 220, "slow down", Deferral::none, "silence"},
  };
  for (const Case& row : cases) {
    SmtpAttempt attempt = replied(row.status, row.code, row.text);
    EXPECT_EQ(static_cast<int>(deferral_of(attempt)), static_cast<int>(row.expected))
        << row.why << ": " << row.text;
    EXPECT_EQ(is_deferral(attempt), row.expected != Deferral::none);
  }
}

}  // namespace
}  // namespace mtasts::protocol
