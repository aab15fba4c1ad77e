// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Retention: deletes past data that is older than the retention, in small steps so that reports
// never wait for it. What a sender may still hold is kept (RFC 8461 §5.1: for max_age from its last
// fetch), and so is every domain that has such a policy. Database thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "state/database.h"

namespace mtasts::state {

class Retention {
 public:
  explicit Retention(std::chrono::milliseconds kept) : kept_(kept) {}

  // Restarts from the beginning at the next step.
  void start() { rule_ = 0, after_ = INT64_MIN; }
  bool is_running() const;
  // Examines a few rows in a transaction of its own. False: a database error, after which the rest
  // waits for the next start.
  bool step(Database& database, Time now);
  // Whole domains were deleted in the last step.
  bool deleted_domains() const { return deleted_domains_; }

 private:
  void run_rule(Database& database, Time now, int64_t last);

  std::chrono::milliseconds kept_;
  size_t rule_ = SIZE_MAX;
  int64_t after_ = INT64_MIN;  // rows up to this rowid were examined
  bool deleted_domains_ = false;
};

}  // namespace mtasts::state
