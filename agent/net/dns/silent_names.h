// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SilentNames: questions that a resolver did not answer in time although it answered others
// meanwhile. They are not asked again for a minute: each costs a place for all of its tries. What
// an overloaded agent or a resolver without a network left unanswered does not count. Bounded. Loop
// thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

#include "protocol/dns/answer.h"

namespace mtasts::net {

class SilentNames {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  using Key = std::pair<std::string, protocol::RecordType>;

  static constexpr std::chrono::seconds kMemory{60};
  static constexpr size_t kMostNames = 10'000;
  // A turn of the loop that comes later than this may have lost answers.
  static constexpr std::chrono::milliseconds kStandstill{500};

  // The resolver answered something.
  void note_answer(Instant now) { answered_ = now; }
  // The loop came this late to a timer.
  void note_lateness(Instant now, std::chrono::nanoseconds late) {
    if (late >= kStandstill) stood_still_ = now;
  }
  // The question was first sent at `sent`, and nobody answered.
  void note_silence(const Key& key, Instant sent, Instant now) {
    if (answered_ < sent || stood_still_ >= sent) return;
    if (names_.size() >= kMostNames) forget(now);
    if (names_.size() < kMostNames) names_[key] = now;
  }
  bool contains(const Key& key, Instant now) const {
    auto found = names_.find(key);
    return found != names_.end() && now - found->second < kMemory;
  }
  size_t size() const { return names_.size(); }

 private:
  void forget(Instant now) {
    if (now - swept_ < std::chrono::seconds(1)) return;
    swept_ = now;
    std::erase_if(names_, [&](const auto& item) { return now - item.second >= kMemory; });
  }

  std::map<Key, Instant> names_;
  Instant swept_{};
  Instant answered_ = Instant::min();
  Instant stood_still_ = Instant::min();
};

}  // namespace mtasts::net
