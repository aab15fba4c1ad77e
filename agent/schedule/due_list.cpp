// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/due_list.h"

#include <algorithm>

#include "async/backoff.h"

namespace mtasts::schedule {
namespace {

using std::chrono::milliseconds;

// Maximum distance between first checks; spreads the load of a start with many domains.
constexpr milliseconds kFirstSpacing{20};
// Jitter of later checks: up to a twentieth of the interval, so that checks do not synchronize.
constexpr int kJitterFraction = 20;

}  // namespace

void DueList::add(const std::string& name, size_t index, size_t total, SteadyTime now) {
  if (items_.contains(name)) return;
  const auto spread = std::min(interval_, kFirstSpacing * static_cast<int64_t>(total));
  push(name, now + spread * static_cast<int64_t>(index) / static_cast<int64_t>(total));
}

void DueList::set_interval(milliseconds interval, SteadyTime now) {
  interval_ = interval;
  std::uniform_int_distribution<int64_t> anywhere(0, interval.count());
  for (auto& [name, item] : items_)
    if (!item.running && item.due > now + interval)
      push(name, now + milliseconds(anywhere(random_)));
}

std::optional<std::string> DueList::take(SteadyTime now) {
  drop_stale();
  if (queue_.empty() || queue_.top().due > now) return std::nullopt;
  std::string name = queue_.top().name;
  queue_.pop();
  items_[name].running = true;
  return name;
}

void DueList::done(const std::string& name, bool settled, SteadyTime now) {
  auto found = items_.find(name);
  if (found == items_.end()) return;
  Item& item = found->second;
  item.running = false;
  item.unsettled = settled ? 0 : item.unsettled + 1;
  milliseconds wait = interval_;
  if (!settled) wait = std::min(interval_, async::backoff_after(item.unsettled));
  auto most = wait.count() / kJitterFraction;
  std::uniform_int_distribution<int64_t> jitter(0, most);
  push(name, now + wait - milliseconds(jitter(random_)));
}

void DueList::push(const std::string& name, SteadyTime due) {
  items_[name].due = due;
  queue_.push({due, name});
}

// Queue entries of names that were removed, are running or were rescheduled stay until they reach
// the front.
void DueList::drop_stale() {
  while (!queue_.empty()) {
    auto found = items_.find(queue_.top().name);
    bool valid =
        found != items_.end() && !found->second.running && found->second.due == queue_.top().due;
    if (valid) return;
    queue_.pop();
  }
}

std::optional<SteadyTime> DueList::next_due() {
  drop_stale();
  if (queue_.empty()) return std::nullopt;
  return queue_.top().due;
}

size_t DueList::overdue(SteadyTime now) const {
  return static_cast<size_t>(std::count_if(items_.begin(), items_.end(), [&](const auto& item) {
    return !item.second.running && item.second.due <= now;
  }));
}

std::chrono::duration<double> DueList::lag(SteadyTime now) {
  auto due = next_due();
  if (!due || *due > now) return std::chrono::duration<double>(0);
  return now - *due;
}

}  // namespace mtasts::schedule
