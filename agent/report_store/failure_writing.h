// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes the failures of one report within the bounds of report_writing.h. Database thread only.
#pragma once

#include <cstdint>

#include "report_store/text_table.h"
#include "reports/stored_report.h"
#include "state/database.h"

namespace mtasts::report_store {

inline constexpr int64_t kOthers = 0;  // the organizations beyond the bound of a day

// A row of tlsrpt_day, brought up to date by those who write the day.
struct DayUse {
  int64_t types = 0;  // bits
  int64_t lines = 0;
  int64_t policies = 0;
  int64_t failures = 0;
};

// The primary key of tlsrpt_line.
struct LineKey {
  int64_t domain = 0;
  int64_t day = 0;
  int64_t organization = kOthers;
  int64_t authenticity = 0;
};

void write_failures(state::Database& database, TextTable& texts,
                    const reports::StoredReport& report, LineKey line, DayUse& use);

// Moves the sessions of the report's failures from one line of the day and organization to another
// authenticity. What was added up to coarser rows stays where it is.
void move_failures(state::Database& database, const TextTable& texts,
                   const reports::StoredReport& report, LineKey from, int64_t authenticity);

}  // namespace mtasts::report_store
