// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The cost of stored TLS reports: a million rows of many domains, and one domain whose days are as
// full as the bounds allow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace mtasts::bench {

struct ReportStoreCost {
  uint64_t rows = 0;
  uint64_t bytes = 0;          // size of the file and its log
  double add_cpu_us = 0;       // of the whole process, per report
  double summary_ms = 0;       // median of ordinary domains, wall time
  double full_summary_ms = 0;  // median of the domain with full days
  double purge_step_ms = 0;    // the longest step of a purge of 30 days
};

ReportStoreCost measure_report_store(const std::string& directory, size_t domains);

}  // namespace mtasts::bench
