// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MX hosts in the state: the latest facts of each, stored once however many domains share it, and
// its certificates. Database thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

#include "state/database.h"
#include "verdict/report.h"

namespace mtasts::state {

using FactsPtr = std::shared_ptr<const verdict::MxHostReport>;

// Writes each probe once, and its facts only when they changed.
class HostWriter {
 public:
  void write(Database& database, const verdict::MxHostReport& facts);
  // Written rows may be missing: read the file again.
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
class HostTable {
 public:
  // Null when there are none, or when they are damaged.
  FactsPtr find(Database& database, const std::string& host);

 private:
  std::unordered_map<std::string, FactsPtr> read_;
};

}  // namespace mtasts::state
