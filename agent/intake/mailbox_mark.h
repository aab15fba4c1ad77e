// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailboxMark: how far a folder was read, for IMAP servers that store no keywords. UIDs only grow
// (RFC 3501 §2.3.1.1) until UIDVALIDITY changes. A small text file, replaced as a whole; one that
// is missing, damaged or about another mailbox means that nothing was read. Owner's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace mtasts::intake {

struct MailboxMark {
  static constexpr size_t kMostAgain = 1000;

  std::string mailbox;  // digest of URL and user, 64 hexadecimal digits
  uint32_t uid_validity = 0;
  uint32_t highest = 0;      // everything up to this UID was dealt with, except
  std::set<uint32_t> again;  // these, which failed

  // Whether the message still has to be read.
  bool is_open(uint32_t uid) const { return uid > highest || again.contains(uid); }
  // In ascending order for UIDs above `highest`. False: too many have failed, nothing is changed.
  bool settle(uint32_t uid, bool done);

  bool operator==(const MailboxMark&) const = default;
};

std::string text_of(const MailboxMark& mark);
std::optional<MailboxMark> parse_mailbox_mark(std::string_view text);

// The mark of this mailbox; an empty one where the file holds none.
MailboxMark load_mailbox_mark(const std::filesystem::path& file, const std::string& mailbox);
Result<void> save_mailbox_mark(const std::filesystem::path& file, const MailboxMark& mark);

}  // namespace mtasts::intake
