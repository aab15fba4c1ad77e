// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One report with its history and changes, to and from the file. An unchanged check is one UPDATE
// of one row: the writer compares hashes of what is in the file, and reads them from the file if
// unknown. Database thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "board/latest_reports.h"
#include "state/database.h"
#include "state/host_rows.h"
#include "state/policy_cache.h"
#include "state/state.h"
#include "state/write_queue.h"
#include "verdict/report.h"

namespace mtasts::state {

class DomainWriter {
 public:
  // Call inside a transaction. Errors are left in the database.
  void write(Database& database, const Queued& queued);
  // Call after a failed transaction, a switch to another file, or deletion of rows elsewhere.
  void forget();

 private:
  struct Known {
    int64_t id = 0;  // 0: read it from the file
    int64_t history_hash = 0;
    int64_t content_hash = 0;
  };
  Known ask(Database& database, const std::string& name);
  void write_seen(Database& database, int64_t id, const Queued& queued);
  void write_report(Database& database, Known& known, const verdict::Report& report);

  // Keyed by a hash of the name: 56 octets per domain in total, half of what names would take.
  // Names with the same hash are distinguished by the id of the row.
  std::unordered_map<uint64_t, Known> known_;
  HostWriter hosts_;
};

// Reads domains; what they share (MX facts, policies) is read once.
class DomainReader {
 public:
  std::optional<Remembered> read(Database& database, const std::string& name);

 private:
  HostTable hosts_;
  PolicyCache policies_;
};

}  // namespace mtasts::state
