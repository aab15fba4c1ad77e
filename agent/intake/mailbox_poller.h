// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailboxPoller: fetches mail with TLS reports (RFC 8460 §5.3) from a folder of an IMAP server
// (RFC 3501), one connection per poll, and hands each message over. A message is marked, moved or
// deleted only after it was kept, so a crash at any point loses nothing; at most the same message
// is handed over again. Messages are read without setting \Seen, and marked by the keyword
// TlsRptDone. Where a server stores no keywords and messages stay in the folder, a file remembers
// how far the folder was read. One thread of its own; status(): any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "base/time.h"
#include "intake/poll_status.h"
#include "intake/put_outcome.h"
#include "settings/settings.h"

namespace mtasts::intake {

using MailboxStatus = PollStatus;

struct MailboxOptions {
  settings::ReportsMailboxSettings mailbox;
  // Mail that arrived earlier is left alone: its reports are older than what is retained.
  std::chrono::milliseconds retention = std::chrono::hours(24 * 90);
  // Remembers how far the folder was read; for servers without keywords. Empty: only until the
  // process ends.
  std::filesystem::path mark_file;
  Clock clock = system_now;
};

class MailboxPoller {
 public:
  // Polls at once, and then at every `interval`; after failures less and less often, at least once
  // an hour, and at once when the password or token file changes.
  MailboxPoller(MailboxOptions options, Deliver deliver);
  // Ends a poll in progress within a second.
  ~MailboxPoller();
  MailboxPoller(const MailboxPoller&) = delete;
  MailboxPoller& operator=(const MailboxPoller&) = delete;

  MailboxStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mtasts::intake
