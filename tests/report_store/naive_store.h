// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// NaiveStore: a ReportStore that keeps whole reports in a list and computes everything from them as
// the header defines it, without bounds. What another store says is compared with it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "report_store/report_store.h"

namespace mtasts::report_store {

class NaiveStore final : public ReportStore {
 public:
  Result<std::vector<AddOutcome>> add(const std::vector<reports::StoredReport>& batch) override;
  Result<reports::DomainSummary> summary(const std::string& domain, int window_days,
                                         Time now) override;
  Result<std::vector<std::string>> domains() override;
  Result<reports::ReportListing> list(const std::string& domain, int days, size_t most,
                                      Time now) override;
  Result<bool> purge(reports::Day before) override;

 private:
  std::vector<reports::StoredReport> reports_;
  std::map<std::string, reports::ReportTotals> totals_;
  std::map<std::string, Time> received_;  // the last, by domain and organization
};

}  // namespace mtasts::report_store
