// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// OutageDetector: notices when most targets of one channel begin to fail alike at the same time.
// Many independent servers do not break at once, so such a row of failures is the agent's own
// network until something proves otherwise. It counts distinct targets: one host that serves a
// thousand domains is one target. Only targets that have answered before count, so that neither a
// few domains nor those that are broken for good look like an outage. Holds a few words per target.
// Pure but for the clock it is given; one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace mtasts::check {

class OutageDetector {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  // Fewer distinct targets than this never look like an outage.
  static constexpr size_t kMinTargets = 5;
  // The newest results that are looked at. Few, so that the end of an outage is seen at once.
  static constexpr size_t kRecentTargets = 15;
  // Beyond this, everything is forgotten; it only makes the detector less sensitive for a while.
  static constexpr size_t kMaxTargets = 500'000;

  // `span`: failures that began further apart are no common event; older results do not count.
  OutageDetector(std::chrono::milliseconds span, std::function<Instant()> now)
      : span_(span), now_(std::move(now)) {}

  // `failure` tells how and at which step; any number above 0.
  void note_answer(std::string_view target) { note(target, 0); }
  void note_failure(std::string_view target, uint16_t failure) { note(target, failure); }
  // Something proved that the channel works: failures so far are not the agent's own.
  void disprove() { disproved_at_ = now_(); }

  // Failures of this kind are to be taken as the agent's own.
  bool suspects(uint16_t failure) const;
  // Failures of some kind are.
  bool suspects_any() const;

 private:
  struct Target {
    Instant failing_since{};
    uint16_t failure = 0;  // 0: the last result was an answer
    bool ever_answered = false;
  };
  struct Result {
    uint64_t target = 0;
    Instant at{};
  };

  void note(std::string_view target, uint16_t failure);

  std::chrono::milliseconds span_;
  std::function<Instant()> now_;
  Instant disproved_at_{};
  std::unordered_map<uint64_t, Target> targets_;  // by hash of the name
  std::deque<Result> recent_;                     // newest first, distinct targets
};

}  // namespace mtasts::check
