// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportListing: the stored TLS reports of one domain, one line for each, for display. Made by a
// ReportStore, bounded. Plain values, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "reports/stored_report.h"
#include "reports/summary.h"

namespace mtasts::reports {

// The name of those beyond the bound of organizations of a day, which are stored together.
inline constexpr std::string_view kOtherOrganizations = "(others)";
inline constexpr size_t kMostFailuresOfLine = 100;

// One day of one organization, reports of different authenticity apart, for `reports` and the API.
struct ReportLine {
  Day day{};
  std::string organization;
  std::string report_id;  // of the one received last
  Time received{};
  uint64_t reports = 0;  // number of them
  Qualities qualities = 0;
  Authenticity authenticity = Authenticity::unknown;
  CountsByType counts;
  std::vector<FailureRow> failures;  // at most kMostFailuresOfLine, most sessions first
  size_t failures_dropped = 0;
};

struct ReportListing {
  std::vector<ReportLine> lines;  // newest day first
  bool cut = false;               // there are more than `most`
};

}  // namespace mtasts::reports
