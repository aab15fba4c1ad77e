// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads the summary of one domain from the tables of the state file. Database thread only.
#pragma once

#include <string>

#include "base/time.h"
#include "reports/summary.h"
#include "state/database.h"

namespace mtasts::report_store {

// See ReportStore::summary(). Latches an error in the database.
reports::DomainSummary read_summary(state::Database& database, const std::string& domain,
                                    int window_days, Time now);

}  // namespace mtasts::report_store
