// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_url.h"

#include <gtest/gtest.h>

namespace mtasts::intake {
namespace {

struct GoodUrl {
  const char* text;
  bool implicit_tls;
  const char* server;
  const char* folder;
};

class GoodUrls : public testing::TestWithParam<GoodUrl> {};

TEST_P(GoodUrls, AreRead) {
  const Result<ImapUrl> url = parse_imap_url(GetParam().text);
  ASSERT_TRUE(url) << url.failure().detail;
  EXPECT_EQ(url->implicit_tls, GetParam().implicit_tls);
  EXPECT_EQ(url->server(), GetParam().server);
  EXPECT_EQ(url->folder, GetParam().folder);
}

INSTANTIATE_TEST_SUITE_P(
    ImapUrl, GoodUrls,
    testing::Values(
        GoodUrl{"imaps://imap.example.com/INBOX", true, "imap.example.com:993", "INBOX"},
        GoodUrl{"imaps://imap.example.com", true, "imap.example.com:993", "INBOX"},  // no folder
        GoodUrl{"imaps://imap.example.com/", true, "imap.example.com:993", "INBOX"},
        GoodUrl{"imap://imap.example.com/a", false, "imap.example.com:143", "a"},  // STARTTLS
        GoodUrl{"imaps://imap.example.com:1993/INBOX/TLS%20reports", true, "imap.example.com:1993",
                "INBOX/TLS reports"},  // an escape
        GoodUrl{"imaps://h.example/Berichte%20%C3%BC", true, "h.example:993", "Berichte \u00fc"},
        GoodUrl{"imaps://[2001:db8::1]/a%3Bb", true, "[2001:db8::1]:993", "a;b"}));

class BadUrls : public testing::TestWithParam<const char*> {};

TEST_P(BadUrls, AreRefused) { EXPECT_FALSE(parse_imap_url(GetParam())); }

INSTANTIATE_TEST_SUITE_P(ImapUrl, BadUrls,
                         testing::Values("",                                // nothing
                                         "imap.example.com",                // no scheme
                                         "https://imap.example.com/INBOX",  // another protocol
                                         "imaps:///INBOX",                  // no server
                                         "imaps://u:p@imap.example.com/",   // a secret in the URL
                                         "imaps://imap.example.com/a;UID=1",
                                         "imaps://imap.example.com/a?ALL",
                                         "imaps://imap.example.com/a%0D%0Ar1%20DELETE%20b",
                                         "imaps://imap.example.com/a%00b",
                                         "imaps://imap.example.com/%FF"));  // no UTF-8

TEST(ImapFolder, IsInModifiedUtf7) {
  EXPECT_EQ(imap_folder("INBOX"), "\"INBOX\"");
  EXPECT_EQ(imap_folder("a\"b\\c"), "\"a\\\"b\\\\c\"");
  EXPECT_EQ(imap_folder("R&D"), "\"R&-D\"");
  // RFC 3501 §5.1.3
  EXPECT_EQ(imap_folder("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e"),
            "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\"");
  EXPECT_EQ(imap_folder("\U0001F600"), "\"&2D3eAA-\"");  // a surrogate pair
}

}  // namespace
}  // namespace mtasts::intake
