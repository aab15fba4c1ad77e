// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The parts of a summary about failures and policies. Database thread only.
#pragma once

#include <cstdint>

#include "report_store/failure_writing.h"
#include "report_store/text_table.h"
#include "reports/summary.h"
#include "state/database.h"

namespace mtasts::report_store {

// Days since 1970.
struct SummaryDays {
  int64_t before_from = 0;  // the first day that is compared with
  int64_t from = 0;         // the window
  int64_t to = 0;
  int64_t oldest = 0;  // with rows
};

// All but type_seen_before.
void read_failures(state::Database& database, int64_t domain, SummaryDays days, TextTable& texts,
                   reports::DomainSummary& summary);
void read_policies(state::Database& database, int64_t domain, SummaryDays days, TextTable& texts,
                   reports::DomainSummary& summary);

}  // namespace mtasts::report_store
