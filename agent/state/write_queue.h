// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WriteQueue: reports waiting to be written, the latest of each domain with all changes queued
// since its last write. An item stays until it is done, so a failed write loses nothing. Not
// thread-safe: it has no lock of its own.
#pragma once

#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "board/latest_reports.h"
#include "verdict/report.h"

namespace mtasts::state {

// Changes kept per domain while the disk fails; the oldest are dropped first.
inline constexpr size_t kMostWaitingChanges = 100;

struct Queued {
  verdict::ReportPtr report;  // its history is not null
  board::LastResults stages;
  std::vector<verdict::Change> changes;
  uint64_t number = 0;         // of the latest put()
  uint64_t oldest = 0;         // of the first put() that is not written yet
  uint64_t copied_at = 0;      // of a copy: the queue's last number when it was made
  size_t changes_dropped = 0;  // number dropped before `changes`
};

class WriteQueue {
 public:
  void put(verdict::ReportPtr report, const board::LastResults& stages);

  // The items that have waited longest; they stay in the queue.
  std::vector<Queued> front(size_t most) const;
  // Removes what was written, unless something newer was queued meanwhile.
  void done(const std::vector<Queued>& written);

  size_t size() const { return items_.size(); }
  bool empty() const { return items_.empty(); }
  uint64_t last_number() const { return last_number_; }
  // Everything put up to this number was written.
  bool is_done(uint64_t number) const { return items_.empty() || items_.front().oldest > number; }

 private:
  std::list<Queued> items_;  // by `oldest`
  // The keys point into the reports.
  std::unordered_map<std::string_view, std::list<Queued>::iterator> places_;
  uint64_t last_number_ = 0;
};

}  // namespace mtasts::state
