// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One report with everything around it, to and from the file. An unchanged check is one UPDATE of
// one row; the writer knows by hashes what the file has, and asks the file when it does not.
// One thread, that of the database.
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
  // Inside a transaction. Errors are the database's.
  void write(Database& database, const Queued& queued);
  // After a transaction that failed, another file, or rows that others deleted.
  void forget();

 private:
  struct Known {
    int64_t id = 0;  // 0: ask the file
    int64_t history_hash = 0;
    int64_t content_hash = 0;
  };
  Known ask(Database& database, const std::string& name);
  void write_seen(Database& database, int64_t id, const Queued& queued);
  void write_report(Database& database, Known& known, const verdict::Report& report);

  // By a hash of the name: 56 octets a domain with all around it, half of what names would take.
  // Two names with the same hash are told apart by the row's number.
  std::unordered_map<uint64_t, Known> known_;
  HostWriter hosts_;
};

// Reads domains; what they share (MX facts, policies) is read once and shared.
class DomainReader {
 public:
  std::optional<Remembered> read(Database& database, const std::string& name);

 private:
  HostShelf hosts_;
  PolicyCache policies_;
};

}  // namespace mtasts::state
