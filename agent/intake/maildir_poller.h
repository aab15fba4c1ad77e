// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MaildirPoller: reads mail with TLS reports from a Maildir: what lies in new/, and what lies in
// cur/ without the flag S. Each message is handed over and, once it is kept, moved to cur/ with the
// flag S; nothing is ever deleted. A crash between the two hands the same message over again. What
// is no regular readable file, or is too large, stays and is told once. One thread of its own;
// status(): any thread.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "base/time.h"
#include "intake/poll_status.h"
#include "intake/put_outcome.h"

namespace mtasts::intake {

using MaildirStatus = PollStatus;

struct MaildirOptions {
  std::filesystem::path path;  // holds new/ and cur/
  std::chrono::milliseconds interval = std::chrono::seconds(5);
  Clock clock = system_now;
};

class MaildirPoller {
 public:
  MaildirPoller(MaildirOptions options, Deliver deliver);
  // Returns when the message in progress is done.
  ~MaildirPoller();
  MaildirPoller(const MaildirPoller&) = delete;
  MaildirPoller& operator=(const MaildirPoller&) = delete;

  MaildirStatus status() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mtasts::intake
