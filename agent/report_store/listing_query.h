// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reads the stored days of one domain from the tables of the state file. Database thread only.
#pragma once

#include <string>

#include "base/time.h"
#include "reports/listing.h"
#include "state/database.h"

namespace mtasts::report_store {

// See ReportStore::list(). Latches an error in the database.
reports::ReportListing read_listing(state::Database& database, const std::string& domain, int days,
                                    size_t most, Time now);

}  // namespace mtasts::report_store
