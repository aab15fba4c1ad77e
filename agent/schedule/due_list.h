// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DueList: when each domain is to be checked next. First checks are spread out, later ones keep
// their distance with a little jitter, inconclusive ones come back sooner with a back-off. Pure
// bookkeeping: no timer, no I/O; `now` is a parameter. One thread.
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

  // What there is to check from now on: new names come soon, known ones keep their time, gone ones
  // are forgotten.
  void set_names(const std::vector<std::string>& names, std::chrono::milliseconds interval,
                 SteadyTime now);

  // The name that is due longest, now running; nothing when none is due.
  std::optional<std::string> take(SteadyTime now);
  // The check of a taken name ended. Where it left something open it is repeated after 1, 2, 4 …
  // minutes, but never later than the interval.
  void done(const std::string& name, bool settled, SteadyTime now);

  // When the next name is due; nothing when there is none.
  std::optional<SteadyTime> next_due();
  // How many wait though they are due, and how long the first of them has.
  size_t overdue(SteadyTime now) const;
  std::chrono::duration<double> lag(SteadyTime now);
  size_t size() const { return items_.size(); }

 private:
  struct Item {
    SteadyTime due{};
    bool running = false;
    int unsettled = 0;  // checks in a row that left something open
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
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;  // some of them stale
  std::mt19937_64 random_;
};

}  // namespace mtasts::schedule
