// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportListing: the stored TLS reports of one domain, one line for each, for display. Made by a
// ReportStore, bounded. Plain values, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/time.h"
#include "reports/stored_report.h"
#include "reports/summary.h"

namespace mtasts::reports {

// The days of one organization, for `reports` and the API.
struct ReportLine {
  Day day{};
  std::string organization;
  std::string report_id;
  Time received{};
  Authenticity authenticity = Authenticity::unknown;
  CountsByType counts;
  std::vector<FailureRow> failures;  // at most 100, most sessions first
  size_t failures_dropped = 0;
};

struct ReportListing {
  std::vector<ReportLine> lines;  // newest day first
  bool cut = false;               // there are more than `most`
};

}  // namespace mtasts::reports
