// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads the stored TLS reports for commands, with or without a running agent. Nothing is written.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "reports/listing.h"
#include "reports/summary.h"

namespace mtasts::report_store {

struct ReportReading {
  reports::DomainSummary summary;
  reports::ReportListing listing;
};

// The window and the listing are the `days` days before the day of `now`, and that day itself; at
// most `most` lines. A domain without reports is no failure. Fails, with one sentence, when the
// file is missing or cannot be read.
Result<ReportReading> read_report_listing(const std::filesystem::path& path,
                                          const std::string& domain, int days, size_t most,
                                          Time now);

}  // namespace mtasts::report_store
