// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "intake/imap_name.h"

#include <gtest/gtest.h>

namespace mtasts::intake {
namespace {

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
