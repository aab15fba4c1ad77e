// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The address of a folder on an IMAP server (RFC 5092), and names of folders in the form of the
// protocol. Pure, any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts::intake {

struct ImapUrl {
  bool implicit_tls = true;  // imaps; otherwise STARTTLS
  std::string host;          // a name, or an address without brackets
  uint16_t port = 993;
  std::string folder;  // UTF-8, never empty, without control characters

  std::string server() const;  // "imap.example.com:993", for messages
};

// "imaps://imap.example.com/INBOX": percent-encoded UTF-8; INBOX where the path is empty. A user in
// the URL, parameters (";UID=1") and a query are refused.
Result<ImapUrl> parse_imap_url(std::string_view url);

// The name of a folder as a quoted string, in modified UTF-7 (RFC 3501 §5.1.3, §9). Control
// characters must not be in it.
std::string imap_folder(std::string_view utf8);
// A quoted string (RFC 3501 §9) of ASCII text without control characters.
std::string imap_quoted(std::string_view text);

}  // namespace mtasts::intake
