// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the agent's own standstills mean for what it observed: a peer that did not answer in time,
// or that closed, while the agent's loop stood still for a good part of that time is not to blame.
// Such an observation becomes `cancelled`, and the time is taken off from the peer's. Loop thread
// only.
#pragma once

#include <chrono>
#include <string>

#include "async/loop_lag.h"
#include "protocol/dns/answer.h"
#include "protocol/http/attempt.h"
#include "protocol/smtp/attempt.h"

namespace mtasts::check {

// Measures from its construction to the end of one observation. Without a LoopLag it excuses
// nothing.
class Standstill {
 public:
  explicit Standstill(const async::LoopLag* lag)
      : lag_(lag), began_(std::chrono::steady_clock::now()) {}

  void excuse(protocol::DnsAnswer& answer) const;
  void excuse(protocol::HttpsAttempt& attempt) const;
  void excuse(protocol::SmtpAttempt& attempt) const;

 private:
  std::chrono::milliseconds without_ours(std::chrono::milliseconds duration) const;
  bool disturbed() const { return lag_ != nullptr && lag_->disturbed_since(began_); }
  std::string reason() const;

  const async::LoopLag* lag_;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace mtasts::check
