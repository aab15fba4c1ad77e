// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "reports/report_rows.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "reports/policy_text.h"

namespace mtasts::reports {
namespace {

using protocol::ReportFailure;
using protocol::ReportPolicy;
using protocol::ReportPolicyType;

ReportPolicy sts_policy() {
  ReportPolicy policy;
  policy.type = ReportPolicyType::sts;
  policy.domain = "example.org";
  policy.successful = 9;
  policy.failed = 1;
  return policy;
}

StoredReport rows_of(const std::vector<ReportPolicy>& policies, bool over_limit = false) {
  StoredReport stored;
  RowCollector rows(stored);
  for (const ReportPolicy& policy : policies) rows.add(policy, false);
  EXPECT_EQ(rows.over_limit(), over_limit);
  return stored;
}

// Of the rows that were added up for want of room, nothing but the types is told.
TEST(ReportRows, TheCoarseRowHasNoReasonOfOthers) {
  ReportPolicy policy = sts_policy();
  for (size_t i = 0; i < kMostFailureRows + 1000; ++i) {
    ReportFailure failure;
    const std::string host = "mx" + std::to_string(i) + ".example.org";
    failure.type = protocol::ResultType::certificate_expired;
    failure.receiving_mx_hostname = host;
    failure.failure_reason_code = "expired";
    failure.sessions = 1;
    policy.failures.push_back(failure);
  }
  StoredReport stored = rows_of({policy}, true);
  ASSERT_EQ(stored.failures.size(), kMostFailureRows + 1);
  EXPECT_EQ(stored.failures.back().reason, "");
  EXPECT_EQ(stored.failures.back().sessions, 1000u);
  EXPECT_EQ(stored.failures.front().reason, "expired");
  ReportFailure bare;
  bare.type = protocol::ResultType::certificate_expired;
  bare.failure_reason_code = "of its own";
  bare.sessions = 1;
  policy.failures.push_back(bare);
  stored = rows_of({policy}, true);
  ASSERT_EQ(stored.failures.size(), kMostFailureRows + 1);
  EXPECT_EQ(stored.failures.back().reason, "of its own");
  EXPECT_EQ(stored.failures.back().sessions, 1001u);
}

// Texts are compared as they are stored, whatever policy they are in and however they are written.
TEST(ReportRows, RowsThatMeanTheSameAreOne) {
  std::vector<ReportPolicy> policies(2, sts_policy());
  ReportFailure failure;
  failure.type_text = "x-new";
  failure.receiving_mx_hostname = "MX.example.org.";
  failure.receiving_ip = "::ffff:192.0.2.1";
  failure.sending_mta_ip = "198.51.100.7";
  failure.sessions = 2;
  policies[0].failures.push_back(failure);
  failure.type_text = " x-new ";
  failure.receiving_mx_hostname = "mx.example.org";
  failure.receiving_ip = "[192.0.2.1]";
  failure.sending_mta_ip = "198.51.100.99";
  policies[1].failures.push_back(failure);
  policies[0].failures.push_back(failure);
  failure.receiving_ip = "no address";
  policies[1].failures.push_back(failure);
  StoredReport stored = rows_of(policies);
  ASSERT_EQ(stored.failures.size(), 2u);
  EXPECT_EQ(stored.failures[0].sessions, 6u);
  EXPECT_EQ(stored.failures[0].type_text, "x-new");
  EXPECT_EQ(stored.failures[0].receiving_mx, "mx.example.org");
  EXPECT_EQ(stored.failures[0].receiving_ip, "192.0.2.1");
  EXPECT_EQ(stored.failures[0].sending_network, "198.51.100.0/24");
  EXPECT_EQ(stored.failures[1].receiving_ip, "");
}

// A policy of more patterns than are kept can still be compared with others.
TEST(ReportRows, LongPoliciesAreToldByTheDigestOfTheirPatterns) {
  std::vector<std::string> patterns;
  for (int i = 0; i < 500; ++i)
    patterns.push_back("mail-exchanger-" + std::to_string(i) + ".example.org");
  auto text_of = [](const std::vector<std::string>& mx) {
    ReportPolicy policy = sts_policy();
    policy.policy_strings = {"version: STSv1", "mode: enforce", "max_age: 604800"};
    for (const std::string& pattern : mx) policy.policy_strings.push_back("mx: " + pattern);
    return rows_of({policy}).policies.at(0).policy;
  };
  const std::string text = text_of(patterns);
  EXPECT_EQ(text, "mode=enforce max_age=604800 mx_sha256=" + patterns_digest(patterns));
  EXPECT_LE(text.size(), kPolicyTextLimit_bytes);
  std::reverse(patterns.begin(), patterns.end());
  EXPECT_EQ(text_of(patterns), text);
  patterns.pop_back();
  EXPECT_NE(text_of(patterns), text);
  EXPECT_THAT(text_of({patterns.begin(), patterns.begin() + 60}),
              testing::HasSubstr(" mx=mail-exchanger-440.example.org,"));
}

}  // namespace
}  // namespace mtasts::reports
