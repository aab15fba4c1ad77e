// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/outage_detector.h"

#include <algorithm>
#include <string_view>

namespace mtasts::check {

void OutageDetector::note(std::string_view name, uint16_t failure) {
  const uint64_t id = std::hash<std::string_view>()(name);
  if (targets_.size() >= kMaxTargets) {
    targets_.clear();
    recent_.clear();
  }
  const Instant now = now_();
  Target& target = targets_[id];
  if (failure == 0) {
    target.ever_answered = true;
  } else if (target.failure != failure) {
    target.failing_since = now;
  }
  target.failure = failure;
  std::erase_if(recent_, [id](const Result& result) { return result.target == id; });
  recent_.push_front({id, now});
  if (recent_.size() > kRecentTargets) recent_.pop_back();
}

// Walks back from the newest result: an outage is a row of results, up to now, of which two thirds
// are failures of this kind that began together.
bool OutageDetector::suspects(uint16_t failure) const {
  const Instant oldest = now_() - span_;
  Instant newest_start{};
  for (const Result& result : recent_) {
    const Target& target = targets_.at(result.target);
    if (target.failure == failure) newest_start = std::max(newest_start, target.failing_since);
  }
  size_t seen = 0;
  size_t failing = 0;
  for (const Result& result : recent_) {
    if (result.at < oldest) break;
    const Target& target = targets_.at(result.target);
    ++seen;
    const bool counts = target.failure == failure && target.ever_answered &&
                        target.failing_since > disproved_at_ &&
                        newest_start - target.failing_since <= span_;
    if (counts) ++failing;
    if (failing >= kMinTargets && 3 * failing >= 2 * seen) return true;
  }
  return false;
}

bool OutageDetector::suspects_any() const {
  return std::any_of(recent_.begin(), recent_.end(), [this](const Result& result) {
    const uint16_t failure = targets_.at(result.target).failure;
    return failure != 0 && suspects(failure);
  });
}

}  // namespace mtasts::check
