// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SqliteReportStore: the ReportStore in the state file. It shares the file's one writer, the
// database thread of state::State, and waits for it: any thread but that one. What is written, and
// its bounds: report_writing.h. Rows of a domain that is no longer configured stay until they are
// purged, like all others, so that a domain which comes back finds its reports.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "report_store/report_store.h"
#include "state/state.h"

namespace mtasts::report_store {

class SqliteReportStore final : public ReportStore {
 public:
  // The state must outlive the store.
  explicit SqliteReportStore(state::State& state) : state_(state) {}

  Result<std::vector<AddOutcome>> add(const std::vector<reports::StoredReport>& batch) override;
  Result<reports::DomainSummary> summary(const std::string& domain, int window_days,
                                         Time now) override;
  Result<std::vector<std::string>> domains() override;
  Result<reports::ReportListing> list(const std::string& domain, int days, size_t most,
                                      Time now) override;
  Result<bool> purge(reports::Day before) override;

 private:
  // Fails with the database's error, as one sentence that begins with `what`.
  Result<void> run(const char* what, const std::function<void(state::Database&)>& task);

  state::State& state_;
};

}  // namespace mtasts::report_store
