// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What page and JSON both show of a summary of TLS reports. Pure, any thread.
#pragma once

#include <optional>
#include <string>

#include "reports/statistics.h"
#include "reports/summary.h"

namespace mtasts::present {

// "2025-11-21".
std::string day_text(reports::Day day);
// The policy type with the highest share of failed sessions; empty: there are no sessions.
std::optional<protocol::ReportPolicyType> worst_type(const reports::CountsByType& counts);
// Days with a report within the window.
int days_in_window(const reports::OrganizationSummary& organization,
                   const reports::DomainSummary& summary);
// There are sessions, and all of them are from authenticated reports.
bool is_authenticated(const reports::OrganizationSummary& organization);
// Failed sessions of the policy type with the most: a session under two policies counts in both.
uint64_t failed_sessions(const reports::FailureSummary& failure);

}  // namespace mtasts::present
