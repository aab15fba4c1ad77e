// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReplyPace: tells a tarpit, which sends its replies a few octets at a time to waste the client's
// time (teergrube, OpenBSD spamd), from a server that stalls, and from postscreen, whose banner
// comes in two pieces. Times are parameters: no clock. One probe owns one pace.
#pragma once

#include <chrono>
#include <cstddef>

namespace mtasts::protocol {

class ReplyPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit ReplyPace(Time connected = {}) : connected_(connected) {}

  // Octets arrived; `complete`: with them, the reply ended.
  void note_octets(Time now, bool complete);
  // Whether the session, given up at `now`, went nowhere because of slow replies.
  bool is_drip(Time now) const;
  size_t pieces() const { return pieces_; }  // of the last reply, finished or not

 private:
  Time connected_;
  Time first_{}, last_{};  // octets of the last reply
  size_t pieces_ = 0;
  bool ended_ = true;
  std::chrono::steady_clock::duration earlier_{0};  // spent on the slow replies before it
};

}  // namespace mtasts::protocol
