// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailboxUrl: the address of a folder on an IMAP server (RFC 5092), as in [reports.mailbox] url.
// The one place that says which addresses are valid. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts::settings {

struct MailboxUrl {
  bool implicit_tls = true;  // imaps; otherwise STARTTLS
  std::string host;          // a name, or an address without brackets
  uint16_t port = 993;
  std::string folder;  // UTF-8, never empty, without control characters

  std::string server() const;  // "imap.example.com:993", for messages
};

// "imaps://imap.example.com/INBOX": percent-encoded UTF-8; INBOX where the path is empty. A user in
// the URL, parameters (";UID=1") and a query are refused. The failure is one sentence about
// "[reports.mailbox] url"; it never repeats the text, which may hold a password.
Result<MailboxUrl> parse_mailbox_url(std::string_view text);

// A name that IMAP commands may hold: UTF-8, not empty, bounded, without control characters.
bool is_mailbox_folder(std::string_view name);

}  // namespace mtasts::settings
