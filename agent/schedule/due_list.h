// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DueList: when each domain is to be checked next. First checks are spread over time, later ones
// follow at the interval with a little jitter, and inconclusive ones are repeated sooner, with
// back-off. Pure bookkeeping: no timer, no I/O; `now` is a parameter. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace mtasts::schedule {

using SteadyTime = std::chrono::steady_clock::time_point;

class DueList {
 public:
  explicit DueList(uint64_t seed) : random_(seed) {}

  // Of `total` new names, in random order, this is the one with the number `index`: its first check
  // is due soon, but spread accordingly. A known name keeps its time.
  void add(const std::string& name, size_t index, size_t total, SteadyTime now);
  void remove(const std::string& name) { items_.erase(name); }
  // A shorter interval takes effect at once, but spread out.
  void set_interval(std::chrono::milliseconds interval, SteadyTime now);

  // Takes the name that has been due longest and marks it as running; nothing if none is due.
  std::optional<std::string> take(SteadyTime now);
  // The check of a taken name has ended. If it was inconclusive, it is repeated after 1, 2, 4 …
  // minutes, but never later than the interval.
  void done(const std::string& name, bool settled, SteadyTime now);

  // When the next name is due; nothing if the list is empty.
  std::optional<SteadyTime> next_due();
  // How many names are overdue, and for how long the first of them has been.
  size_t overdue(SteadyTime now) const;
  std::chrono::duration<double> lag(SteadyTime now);
  size_t size() const { return items_.size(); }

 private:
  struct Item {
    SteadyTime due{};
    bool running = false;
    int unsettled = 0;  // consecutive inconclusive checks
  };
  struct Entry {
    SteadyTime due;
    std::string name;
    bool operator>(const Entry& other) const { return due > other.due; }
  };

  void push(const std::string& name, SteadyTime due);
  void drop_stale();

  std::chrono::milliseconds interval_{0};
  std::unordered_map<std::string, Item> items_;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;  // may hold stale entries
  std::mt19937_64 random_;
};

}  // namespace mtasts::schedule
