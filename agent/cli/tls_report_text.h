// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A TLS report as text for a terminal: reporter and range, each policy with its sessions, and for
// every kind of failure its cause, the fix and a command. Pure; the caller decides colour and
// width.
#pragma once

#include <cstddef>
#include <string>

#include "cli/tls_report_totals.h"
#include "reports/statistics.h"

namespace mtasts::cli {

std::string tls_report_text(const OfflineReport& read, bool colour, size_t width);

// The sum for each domain, and how many reports it is made of.
std::string tls_report_totals_text(const ReportTotals& totals, size_t unrelated, bool colour);

}  // namespace mtasts::cli
