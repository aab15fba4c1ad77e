// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/reply_pace.h"

namespace mtasts::protocol {
namespace {

// postscreen sends two: `220-` lines, and after some seconds the last one.
constexpr size_t kFewestPieces = 3;

}  // namespace

void ReplyPace::note_octets(Time now, bool complete) {
  if (ended_) {
    if (pieces_ >= kFewestPieces) earlier_ += last_ - first_;
    first_ = now;
    pieces_ = 0;
  }
  last_ = now;
  ++pieces_;
  ended_ = complete;
}

bool ReplyPace::is_drip(Time now) const {
  auto spread = last_ - first_;
  bool slow = pieces_ >= kFewestPieces;
  // Octets still arrive: a reply that came in fragments and then stalled was silent for longer
  // than it took.
  if (slow && !ended_ && now - last_ <= spread) return true;
  auto spent = earlier_ + (slow ? spread : spread.zero());
  return spent * 2 >= now - connected_ && spent.count() > 0;
}

}  // namespace mtasts::protocol
