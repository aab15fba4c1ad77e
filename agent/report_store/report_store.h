// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportStore: where admitted TLS reports are kept. A narrow port; every implementation passes the
// contract test tests/report_store/contract.h. Functions block; the functions of one object may be
// called from any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "reports/listing.h"
#include "reports/stored_report.h"
#include "reports/summary.h"

namespace mtasts::report_store {

enum class AddOutcome {
  added,
  duplicate,    // the same key is stored already; nothing was counted
  added_again,  // added, although another report with the same identity is stored
};

class ReportStore {
 public:
  virtual ~ReportStore() = default;

  // One transaction: all or none. When it returns, the reports survive a crash and a power failure.
  // The outcomes are in the order of the batch.
  virtual Result<std::vector<AddOutcome>> add(const std::vector<reports::StoredReport>& batch) = 0;
  // The window is the `window_days` days before the day of `now`, and that day itself.
  virtual Result<reports::DomainSummary> summary(const std::string& domain, int window_days,
                                                 Time now) = 0;
  // Every domain with a report or with totals of purged ones, in any order.
  virtual Result<std::vector<std::string>> domains() = 0;
  virtual Result<reports::ReportListing> list(const std::string& domain, int days, size_t most,
                                              Time now) = 0;
  // Deletes what is about days before `before`; returns whether more is left for another call,
  // because a call is bounded in time.
  virtual Result<bool> purge(reports::Day before) = 0;
};

}  // namespace mtasts::report_store
