// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Joins what the agent's probes found with what TLS reports of senders say (RFC 8460 §4.3): a
// finding whose result type senders report, at the same host, says so. The severity does not
// change. Pure, any thread.
#pragma once

#include <string>
#include <vector>

#include "reports/summary.h"
#include "verdict/findings/finding.h"

namespace mtasts::verdict {

// Sets Finding::reported of each finding that reports of the window confirm. `only_host`: the
// domain's MX host where it has one alone, for failures whose host is not told; else empty.
void join_reported(std::vector<Finding>& findings, const reports::DomainSummary& summary,
                   const std::string& only_host);

// "also reported by Google and 2 others: 47 of 937 sessions since 2026-11-20"; printable.
std::string reported_sentence(const ReportedBy& reported);

}  // namespace mtasts::verdict
