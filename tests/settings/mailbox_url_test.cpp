// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "settings/mailbox_url.h"

#include <gtest/gtest.h>

namespace mtasts::settings {
namespace {

struct GoodUrl {
  const char* text;
  bool implicit_tls;
  const char* server;
  const char* folder;
};

class GoodUrls : public testing::TestWithParam<GoodUrl> {};

TEST_P(GoodUrls, AreRead) {
  const Result<MailboxUrl> url = parse_mailbox_url(GetParam().text);
  ASSERT_TRUE(url) << url.failure().detail;
  EXPECT_EQ(url->implicit_tls, GetParam().implicit_tls);
  EXPECT_EQ(url->server(), GetParam().server);
  EXPECT_EQ(url->folder, GetParam().folder);
}

INSTANTIATE_TEST_SUITE_P(
    MailboxUrl, GoodUrls,
    testing::Values(
        GoodUrl{"imaps://imap.example.com/INBOX", true, "imap.example.com:993", "INBOX"},
        GoodUrl{"imaps://imap.example.com", true, "imap.example.com:993", "INBOX"},  // no folder
        GoodUrl{"imaps://imap.example.com/", true, "imap.example.com:993", "INBOX"},
        GoodUrl{"imap://imap.example.com/a", false, "imap.example.com:143", "a"},  // STARTTLS
        GoodUrl{"imaps://imap.example.com:1993/INBOX/TLS%20reports", true, "imap.example.com:1993",
                "INBOX/TLS reports"},  // an escape
        GoodUrl{"imaps://h.example/Berichte%20%C3%BC", true, "h.example:993", "Berichte \u00fc"},
        GoodUrl{"imaps://[2001:db8::1]/a%3Bb", true, "[2001:db8::1]:993", "a;b"},
        GoodUrl{"IMAPS://imap.example.com/INBOX/", true, "imap.example.com:993", "INBOX"}));

class BadUrls : public testing::TestWithParam<const char*> {};

TEST_P(BadUrls, AreRefused) { EXPECT_FALSE(parse_mailbox_url(GetParam())); }

INSTANTIATE_TEST_SUITE_P(MailboxUrl, BadUrls,
                         testing::Values("",                                // nothing
                                         "imap.example.com",                // no scheme
                                         "https://imap.example.com/INBOX",  // another protocol
                                         "imaps:///INBOX",                  // no server
                                         "imaps://u:p@imap.example.com/",   // a secret in the URL
                                         "imaps://imap.example.com/a;UID=1",
                                         "imaps://imap.example.com/a?ALL",
                                         "imaps://imap.example.com/a%0D%0Ar1%20DELETE%20b",
                                         "imaps://imap.example.com/a%00b",
                                         "imaps://imap.example.com:0/a",
                                         "imaps://imap.example.com:65536/a",
                                         "imaps://imap%2Eexample.com/a",    // an escape in the host
                                         "imaps://imap.example.com/%FF"));  // no UTF-8

TEST(MailboxUrl, IsNotRepeatedInTheFailure) {
  for (const char* text : {"imaps://me:hunter2@imap.example.com/", "imaps://me:hunter2@["}) {
    auto url = parse_mailbox_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.failure().detail.find("hunter2"), std::string::npos) << url.failure().detail;
  }
}

}  // namespace
}  // namespace mtasts::settings
