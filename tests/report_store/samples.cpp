// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/samples.h"

#include <algorithm>
#include <tuple>

namespace mtasts::report_store {
namespace {

using namespace reports;  // NOLINT
using std::chrono::hours;

int below(std::mt19937& random, int limit) {
  return std::uniform_int_distribution<int>(0, limit - 1)(random);
}

ReportPolicyType kinds_of_policy(int number) {
  return protocol::kReportPolicyTypes[static_cast<size_t>(number)];
}

constexpr auto kAuthenticities = enumerators<Authenticity>();

uint64_t some_sessions(std::mt19937& random) {
  switch (below(random, 12)) {
    case 0:
      return 0;
    case 1:
      return protocol::kMostSessions;
    default:
      return static_cast<uint64_t>(below(random, 100000));
  }
}

FailureRow random_failure(std::mt19937& random, Day day) {
  FailureRow row;
  row.policy_type = kinds_of_policy(below(random, 3));
  row.type = protocol::kResultTypes[static_cast<size_t>(below(random, 12))];
  if (row.type == ResultType::other) row.type_text = "x-" + date_text(Time(day));
  int host = below(random, 6);
  if (host > 0) row.receiving_mx = "mx" + std::to_string(host) + ".example";
  // What is "the first" of a day must not depend on an order within the day.
  auto number = day.time_since_epoch().count();
  if (number % 3 != 0) row.receiving_ip = "192.0.2." + std::to_string(number % 200);
  row.sending_network = "198.51." + std::to_string(below(random, 4)) + ".0/24";
  if (number % 2 != 0) row.reason = "reason of " + date_text(Time(day));
  row.sessions = some_sessions(random);
  return row;
}

PolicyRow random_policy(std::mt19937& random) {
  PolicyRow row;
  row.type = kinds_of_policy(below(random, 3));
  row.about_mx_host = row.type == ReportPolicyType::no_policy_found && below(random, 2) == 0;
  if (row.type == ReportPolicyType::sts && below(random, 4) > 0)
    row.policy = "mode=enforce max_age=" + std::to_string(below(random, 12)) + " mx=mx1.example";
  row.successful = some_sessions(random);
  row.failed = below(random, 2) == 0 ? 0 : some_sessions(random);
  return row;
}

void expect_counts(const CountsByType& one, const CountsByType& other, const std::string& about) {
  for (size_t type = 0; type < one.size(); ++type) {
    EXPECT_EQ(one[type].successful, other[type].successful) << about << ", type " << type;
    EXPECT_EQ(one[type].failed, other[type].failed) << about << ", type " << type;
  }
}

void expect_equal(const OrganizationSummary& one, const OrganizationSummary& other) {
  EXPECT_EQ(one.name, other.name);
  EXPECT_EQ(one.submitter, other.submitter) << one.name;
  expect_counts(one.counts, other.counts, one.name);
  expect_counts(one.authenticated_counts, other.authenticated_counts, one.name);
  EXPECT_EQ(one.days, other.days) << one.name;
  EXPECT_EQ(one.days_without_failures, other.days_without_failures) << one.name;
  EXPECT_EQ(one.days_by_type, other.days_by_type) << one.name;
  EXPECT_EQ(one.last_day, other.last_day) << one.name;
  EXPECT_EQ(one.last_received, other.last_received) << one.name;
  EXPECT_EQ(one.qualities, other.qualities) << one.name;
}

void expect_equal(const FailureSummary& one, const FailureSummary& other) {
  const std::string about = std::string(name_of(one.type)) + " at " + one.receiving_mx;
  EXPECT_EQ(one.type, other.type);
  EXPECT_EQ(one.receiving_mx, other.receiving_mx);
  EXPECT_EQ(one.type_text, other.type_text) << about;
  EXPECT_EQ(one.receiving_ip, other.receiving_ip) << about;
  EXPECT_EQ(one.reason, other.reason) << about;
  expect_counts(one.sessions, other.sessions, about);
  EXPECT_EQ(one.authenticated_sessions, other.authenticated_sessions) << about;
  EXPECT_EQ(one.organizations, other.organizations) << about;
  EXPECT_EQ(one.organization_count, other.organization_count) << about;
  EXPECT_EQ(one.days, other.days) << about;
  EXPECT_EQ(one.first_day, other.first_day) << about;
  EXPECT_EQ(one.last_day, other.last_day) << about;
  EXPECT_EQ(one.type_seen_before, other.type_seen_before) << about;
  EXPECT_EQ(one.host_seen_before, other.host_seen_before) << about;
}

void expect_equal(const PolicySummary& one, const PolicySummary& other) {
  EXPECT_EQ(one.policy, other.policy);
  EXPECT_EQ(one.counts, other.counts) << one.policy;
  EXPECT_EQ(one.organizations, other.organizations) << one.policy;
  EXPECT_EQ(one.organization_count, other.organization_count) << one.policy;
  EXPECT_EQ(one.first_day, other.first_day) << one.policy;
  EXPECT_EQ(one.last_day, other.last_day) << one.policy;
}

void expect_equal(const ReportLine& one, const ReportLine& other) {
  const std::string about = one.organization + " " + date_text(Time(one.day));
  EXPECT_EQ(one.day, other.day);
  EXPECT_EQ(one.organization, other.organization);
  EXPECT_EQ(one.authenticity, other.authenticity) << about;
  EXPECT_EQ(one.report_id, other.report_id) << about;
  EXPECT_EQ(one.received, other.received) << about;
  EXPECT_EQ(one.reports, other.reports) << about;
  EXPECT_EQ(one.qualities, other.qualities) << about;
  expect_counts(one.counts, other.counts, about);
  ASSERT_EQ(one.failures.size(), other.failures.size()) << about;
  for (size_t i = 0; i < one.failures.size(); ++i) {
    const FailureRow& a = one.failures[i];
    const FailureRow& b = other.failures[i];
    EXPECT_EQ(std::tie(a.policy_type, a.type, a.type_text, a.receiving_mx, a.receiving_ip,
                       a.sending_network, a.sessions, a.reason),
              std::tie(b.policy_type, b.type, b.type_text, b.receiving_mx, b.receiving_ip,
                       b.sending_network, b.sessions, b.reason))
        << about << ", failure " << i;
  }
  EXPECT_EQ(one.failures_dropped, other.failures_dropped) << about;
}

template <typename List>
void expect_lists(const List& one, const List& other) {
  ASSERT_EQ(one.size(), other.size());
  for (size_t i = 0; i < one.size(); ++i) expect_equal(one[i], other[i]);
}

// Equal numbers of sessions have no order. A list of ten may be cut among equals.
void sort_names(std::vector<std::string>& names) { std::ranges::sort(names); }

void sort_lists(DomainSummary& summary) {
  std::ranges::sort(summary.organizations, {}, &OrganizationSummary::name);
  std::ranges::sort(summary.failures, [](const auto& a, const auto& b) {
    return std::tie(a.receiving_mx, a.type) < std::tie(b.receiving_mx, b.type);
  });
  std::ranges::sort(summary.policies, {}, &PolicySummary::policy);
  for (auto& failure : summary.failures) sort_names(failure.organizations);
  for (auto& policy : summary.policies) sort_names(policy.organizations);
}

void sort_lists(ReportListing& listing) {
  std::ranges::sort(listing.lines, [](const auto& a, const auto& b) {
    return std::tie(b.day, a.organization, a.authenticity) <
           std::tie(a.day, b.organization, b.authenticity);
  });
  for (ReportLine& line : listing.lines)
    std::ranges::sort(line.failures, [](const FailureRow& a, const FailureRow& b) {
      return std::tie(a.policy_type, a.type, a.type_text, a.receiving_mx, a.receiving_ip,
                      a.sending_network) < std::tie(b.policy_type, b.type, b.type_text,
                                                    b.receiving_mx, b.receiving_ip,
                                                    b.sending_network);
    });
}

}  // namespace

FailureRow failure_row(ResultType type, std::string host, uint64_t sessions) {
  FailureRow row;
  row.policy_type = ReportPolicyType::sts;
  row.type = type;
  row.receiving_mx = std::move(host);
  row.sessions = sessions;
  return row;
}

StoredReport sample_report(const std::string& organization, Day day, int number) {
  StoredReport report;
  report.domain = "a.example";
  report.identity = organization + date_text(Time(day)) + "#" + std::to_string(number);
  report.key = report.identity + " with these policies";
  report.organization = organization;
  report.submitter = "reports.example";
  report.report_id = "id-" + std::to_string(number);
  report.day = day;
  report.begin = Time(day);
  report.end = Time(day) + hours(24) - std::chrono::seconds(1);
  report.received = Time(day) + hours(30);
  report.policies = {sts_row(100, 0)};
  return report;
}

StoredReport random_report(std::mt19937& random, int number) {
  StoredReport report =
      sample_report("org" + std::to_string(below(random, 9)), days_ago(below(random, 100)), number);
  report.domain = std::string(1, static_cast<char>('a' + below(random, 3))) + ".example";
  // Some are sent twice, some have the id of another one.
  if (below(random, 10) == 0) report.identity = "id " + std::to_string(below(random, 200));
  report.key = report.identity + (below(random, 4) == 0 ? "" : std::to_string(number));
  report.received += std::chrono::milliseconds(number);
  if (below(random, 5) == 0) report.submitter = "mail.reports.example";
  if (below(random, 20) == 0) report.submitter = "other.example";
  report.authenticity = kAuthenticities[static_cast<size_t>(below(random, 3))];
  report.qualities = below(random, 3) == 0 ? static_cast<Qualities>(1 << below(random, 8)) : 0;
  report.policies.clear();
  for (int i = below(random, 4); i > 0; --i) report.policies.push_back(random_policy(random));
  if (below(random, 2) == 0)
    for (int i = below(random, 5); i > 0; --i)
      report.failures.push_back(random_failure(random, report.day));
  return report;
}

void expect_equal(DomainSummary one, DomainSummary other) {
  EXPECT_EQ(one.from, other.from);
  EXPECT_EQ(one.to, other.to);
  EXPECT_EQ(one.reporters, other.reporters);
  EXPECT_EQ(one.organizations_dropped, other.organizations_dropped);
  EXPECT_EQ(one.failures_dropped, other.failures_dropped);
  EXPECT_EQ(one.has_history, other.has_history);
  expect_counts(one.counts, other.counts, "all");
  expect_counts(one.authenticated_counts, other.authenticated_counts, "authenticated");
  EXPECT_EQ(one.totals.reports, other.totals.reports);
  expect_counts(one.totals.counts, other.totals.counts, "totals");
  EXPECT_EQ(one.totals.failures, other.totals.failures);
  EXPECT_EQ(one.totals.last_report_end, other.totals.last_report_end);
  sort_lists(one);
  sort_lists(other);
  expect_lists(one.organizations, other.organizations);
  expect_lists(one.failures, other.failures);
  expect_lists(one.policies, other.policies);
}

void expect_equal(ReportListing one, ReportListing other) {
  EXPECT_EQ(one.cut, other.cut);
  EXPECT_TRUE(std::ranges::is_sorted(one.lines, std::greater(), &ReportLine::day));
  sort_lists(one);
  sort_lists(other);
  expect_lists(one.lines, other.lines);
}

}  // namespace mtasts::report_store
