// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is known about the polling of a mailbox or a Maildir, for log, metrics and page. Plain
// value.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace mtasts::intake {

struct PollStatus {
  Time last_success = kNever;   // end of the last poll that did all it had to do
  Time last_attempt = kNever;   // end of the last poll
  uint64_t messages_total = 0;  // handed over and kept, or known already
  uint64_t failures_total = 0;  // polls that failed, or left a message behind
  uint64_t oversize_total =
      0;                   // messages that were left where they are, because they are too large
  std::string last_error;  // one printable sentence; empty: the last poll succeeded
  std::string note;        // one printable sentence about a limit that is no failure; or empty
};

}  // namespace mtasts::intake
