// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What TLS reports say about one domain as JSON, as returned by the HTTP API: the summary of the
// window, and the stored reports by day and organization. Octets that are not UTF-8 are replaced;
// this is never an error. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/listing.h"
#include "reports/rejected_report.h"
#include "reports/summary.h"

namespace mtasts::present {

// One line, without a newline. Sessions of different policy types are never added up: the counts of
// the whole are those of the type with the highest share of failures. `own_hosts`: the MX hosts of
// the domain; empty: not known, so that failures at other hosts are not told apart.
std::string reports_json(const std::string& domain, const reports::DomainSummary& summary,
                         const reports::ReportListing& listing,
                         const std::vector<std::string>& own_hosts = {});
// What arrived as a TLS report and was not used. One line, without a newline.
std::string rejected_reports_json(const reports::RejectedReports& rejected);

}  // namespace mtasts::present
