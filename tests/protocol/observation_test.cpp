// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include <gtest/gtest.h>

#include <set>

#include "protocol/dns/answer.h"
#include "protocol/http/attempt.h"
#include "protocol/smtp/attempt.h"

namespace mtasts::protocol {
namespace {

constexpr HttpsStatus kHttpsStatuses[] = {
    HttpsStatus::responded,   HttpsStatus::refused,          HttpsStatus::connect_timeout,
    HttpsStatus::unreachable, HttpsStatus::tls_failed,       HttpsStatus::tls_version_old,
    HttpsStatus::tls_timeout, HttpsStatus::response_timeout, HttpsStatus::malformed,
    HttpsStatus::truncated,   HttpsStatus::too_large,        HttpsStatus::not_allowed,
    HttpsStatus::cancelled};

TEST(ContentType, IsTextPlain) {
  const std::vector<std::string> plain = {
      "text/plain",                    // the type
      "Text/PLAIN",                    // case-insensitive
      "text/plain; charset=utf-8",     // parameter
      "text/plain;charset=\"x;y\"",    // a semicolon inside
      " text/plain\t; format=flowed",  // blanks around
  };
  for (const std::string& type : plain) EXPECT_TRUE(is_text_plain(type)) << type;
  const std::vector<std::string> other = {
      "",                        // empty
      ";",                       // no type
      "text/html",               // the common fault
      "text/plainx",             // a longer subtype
      "text/plain, text/plain",  // two
      "text /plain",             // a blank before the slash
      "plain",                   // no subtype
  };
  for (const std::string& type : other) EXPECT_FALSE(is_text_plain(type)) << type;
}

TEST(HttpsAttempt, AnsweredWhenThePeerSentBytes) {
  const std::set<HttpsStatus> alive = {HttpsStatus::responded,       HttpsStatus::tls_failed,
                                       HttpsStatus::tls_version_old, HttpsStatus::response_timeout,
                                       HttpsStatus::malformed,       HttpsStatus::truncated,
                                       HttpsStatus::too_large};
  for (HttpsStatus status : kHttpsStatuses) {
    HttpsAttempt attempt;
    attempt.status = status;
    EXPECT_EQ(answered(attempt), alive.count(status) > 0) << name_of(status);
    // A peer that presented a certificate did answer, whatever happened afterwards.
    attempt.chain = std::make_shared<PeerChain>();
    EXPECT_TRUE(answered(attempt)) << name_of(status);
  }
}

TEST(SmtpAttempt, AnsweredWhenAReplyWasRead) {
  SmtpAttempt attempt;
  EXPECT_FALSE(answered(attempt));
  attempt.status = SmtpStatus::timeout;
  EXPECT_FALSE(answered(attempt));
  attempt.reply_code = 554;  // a rejection is a reply
  EXPECT_TRUE(answered(attempt));
  SmtpAttempt handshake;
  handshake.chain = std::make_shared<PeerChain>();
  EXPECT_TRUE(answered(handshake));
}

TEST(DnsStatus, OnlyTheZoneIsConclusive) {
  const std::set<DnsStatus> conclusive = {DnsStatus::answered, DnsStatus::nodata,
                                          DnsStatus::nxdomain};
  for (DnsStatus status : {DnsStatus::answered, DnsStatus::nodata, DnsStatus::nxdomain,
                           DnsStatus::servfail, DnsStatus::refused, DnsStatus::timeout,
                           DnsStatus::unreachable, DnsStatus::malformed, DnsStatus::cancelled})
    EXPECT_EQ(is_conclusive(status), conclusive.count(status) > 0) << name_of(status);
}

TEST(Names, EveryStatusHasItsOwn) {
  std::set<std::string_view> https;
  for (HttpsStatus status : kHttpsStatuses) https.insert(name_of(status));
  EXPECT_EQ(https.size(), std::size(kHttpsStatuses));
  EXPECT_EQ(https.count("?"), 0u);
  std::set<std::string_view> smtp;
  for (int i = 0; i <= static_cast<int>(SmtpStatus::cancelled); ++i)
    smtp.insert(name_of(static_cast<SmtpStatus>(i)));
  EXPECT_EQ(smtp.size(), static_cast<size_t>(SmtpStatus::cancelled) + 1);
  EXPECT_EQ(smtp.count("?"), 0u);
  std::set<std::string_view> steps;
  for (int i = 0; i <= static_cast<int>(SmtpStep::done); ++i)
    steps.insert(name_of(static_cast<SmtpStep>(i)));
  EXPECT_EQ(steps.size(), static_cast<size_t>(SmtpStep::done) + 1);
  EXPECT_EQ(steps.count("?"), 0u);
}

}  // namespace
}  // namespace mtasts::protocol
