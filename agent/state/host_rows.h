// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MX hosts in the state: the latest facts of each, once however many domains share it, and its
// certificates. One thread, that of the database.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "state/database.h"
#include "verdict/report.h"

namespace mtasts::state {

using FactsPtr = std::shared_ptr<const verdict::MxHostReport>;

// Writes a probe once, and what it saw only when that is something else than before.
class HostWriter {
 public:
  void write(Database& database, const verdict::MxHostReport& facts);
  // What was written may not be there: look into the file again.
  void forget() { known_.clear(); }

 private:
  struct Known {
    int64_t id = 0;
    Time probed_at{};
    int64_t content_hash = 0;
  };
  std::unordered_map<std::string, Known> known_;
};

// The facts of each host, read once and shared.
class HostShelf {
 public:
  // Null when there are none, or they came back broken.
  FactsPtr find(Database& database, const std::string& host);

 private:
  std::unordered_map<std::string, FactsPtr> read_;
};

}  // namespace mtasts::state
