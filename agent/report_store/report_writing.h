// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes one report into the tables of the state file (schema.cpp, kReports), within a transaction
// of the caller. Database thread only.
//
// Bounds: a domain and day has at most kMostLines days of organizations, kMostFailures rows of
// failures and kMostPolicies of policies. What is more is still counted, in coarser rows: first
// addresses and networks are dropped, then hosts, at last the organization ("(others)"); result
// type, policy type and authenticity never, so every sum stays right. The last part of each bound
// is for authenticated reports: others cannot crowd them out.
#pragma once

#include "report_store/report_store.h"
#include "report_store/text_table.h"
#include "state/database.h"

namespace mtasts::report_store {

// Of a domain and day.
inline constexpr int64_t kMostLines = 1000;
inline constexpr int64_t kMostPolicies = 2000;
inline constexpr int64_t kMostFailures = 2000;
// With addresses and networks, of a day of one organization.
inline constexpr int64_t kMostFailuresOfLine = 1000;

// Latches an error in the database.
AddOutcome write_report(state::Database& database, TextTable& texts,
                        const reports::StoredReport& report);

}  // namespace mtasts::report_store
