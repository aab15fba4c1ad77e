// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Reports for tests of report stores, and their comparison member by member.
#pragma once

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "protocol/tlsrpt/tls_report.h"
#include "report_store/report_store.h"

namespace mtasts::report_store {

using protocol::ReportPolicyType;
using protocol::ResultType;
using reports::Authenticity;
using reports::Day;
using reports::FailureRow;
using reports::PolicyRow;
using reports::StoredReport;

inline const Day kToday{std::chrono::year(2026) / 11 / 27};
inline const Time kNow = Time(kToday) + std::chrono::hours(15);

inline Day days_ago(int days) { return kToday - std::chrono::days(days); }

inline PolicyRow policy_row(ReportPolicyType type, uint64_t successful, uint64_t failed,
                            std::string policy = "") {
  return {type, false, std::move(policy), successful, failed};
}

inline PolicyRow sts_row(uint64_t successful, uint64_t failed) {
  return policy_row(ReportPolicyType::sts, successful, failed,
                    "mode=enforce max_age=604800 mx=mx1.example");
}

FailureRow failure_row(ResultType type, std::string host, uint64_t sessions);

// Of one organization and day; `number` makes identity and key.
StoredReport sample_report(const std::string& organization, Day day, int number = 0);

// Any report about one of three domains, over a hundred days before kToday.
StoredReport random_report(std::mt19937& random, int number);

// Lists without an order by content are sorted before they are compared.
void expect_equal(reports::DomainSummary one, reports::DomainSummary other);
void expect_equal(reports::ReportListing one, reports::ReportListing other);

}  // namespace mtasts::report_store
