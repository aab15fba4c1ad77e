// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter reports`: prints the TLS reports (RFC 8460) that the agent has stored about a
// domain, from the state on disk: ratio and band over the last days, then each day and organization
// with its failures. Works whether or not the agent is running; read-only, no network.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/time.h"
#include "reports/listing.h"
#include "reports/summary.h"

namespace mtasts::cli {

inline constexpr int kMostReportDays = 400;

struct ReportsOptions {
  std::string domain;
  std::optional<std::string> config;
  std::optional<int> days;  // before today; empty: [reports] window
  bool json = false;
};

// Returns 0; 69 when there is no state, or nothing is stored about the domain in these days; 64
// usage; 78 configuration.
int run_reports(const ReportsOptions& options, std::ostream& out, std::ostream& err,
                Time now = system_now());

// As text for a terminal.
std::string reports_text(const std::string& domain, const reports::DomainSummary& summary,
                         const reports::ReportListing& listing, bool colour, size_t width);

}  // namespace mtasts::cli
