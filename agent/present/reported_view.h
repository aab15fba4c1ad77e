// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What page and JSON both show of a summary of TLS reports. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/statistics.h"
#include "reports/summary.h"
#include "verdict/report.h"

namespace mtasts::present {

using reports::day_text;

// Days with a report within the window.
int days_in_window(const reports::OrganizationSummary& organization,
                   const reports::DomainSummary& summary);
// There are sessions, and all of them are from authenticated reports.
bool is_authenticated(const reports::OrganizationSummary& organization);
// The MX hosts of the domain, observed or last known; empty: not known. The report may be null.
std::vector<std::string> known_mx_hosts(const verdict::Report* report);

}  // namespace mtasts::present
