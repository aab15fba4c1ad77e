// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "state/write_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mtasts::state {

void WriteQueue::put(verdict::ReportPtr report, const board::LastResults& stages) {
  uint64_t number = ++last_number_;
  auto place = places_.find(report->domain);
  std::list<Queued>::iterator item;
  if (place == places_.end()) {
    item = items_.insert(items_.end(), Queued{});
    item->oldest = number;
  } else {
    item = place->second;
    places_.erase(place);  // its key points into the report that is replaced now
  }
  item->number = number;
  item->stages = stages;
  auto& changes = item->changes;
  changes.insert(changes.end(), report->changes.begin(), report->changes.end());
  if (changes.size() > kMostWaitingChanges) {
    size_t surplus = changes.size() - kMostWaitingChanges;
    changes.erase(changes.begin(), changes.begin() + static_cast<ptrdiff_t>(surplus));
    item->changes_dropped += surplus;
  }
  item->report = std::move(report);
  places_.emplace(item->report->domain, item);
}

std::vector<Queued> WriteQueue::front(size_t most) const {
  auto end = std::next(items_.begin(), static_cast<ptrdiff_t>(std::min(most, items_.size())));
  std::vector<Queued> copies(items_.begin(), end);
  for (Queued& copy : copies) copy.copied_at = last_number_;
  return copies;
}

void WriteQueue::done(const std::vector<Queued>& written) {
  for (const Queued& copy : written) {
    auto place = places_.find(copy.report->domain);
    if (place == places_.end()) continue;
    auto item = place->second;
    if (item->number == copy.number) {
      places_.erase(place);
      items_.erase(item);
      continue;
    }
    // Changes before this index are written or dropped.
    size_t known = copy.changes_dropped + copy.changes.size();
    size_t gone = known > item->changes_dropped ? known - item->changes_dropped : 0;
    gone = std::min(gone, item->changes.size());
    item->changes.erase(item->changes.begin(),
                        item->changes.begin() + static_cast<ptrdiff_t>(gone));
    item->changes_dropped += gone;
    item->oldest = copy.copied_at + 1;
    auto later = std::find_if(item, items_.end(),
                              [&](const Queued& other) { return other.oldest > item->oldest; });
    items_.splice(later, items_, item);
  }
}

}  // namespace mtasts::state
