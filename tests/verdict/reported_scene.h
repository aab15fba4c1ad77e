// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What TLS reports say about the domain of a scene, and the history that some rules compare it
// with.
#pragma once

#include <bit>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "base/ascii.h"
#include "verdict/healthy_evidence.h"
#include "verdict/history/passes.h"

namespace mtasts::verdict {

using protocol::ReportPolicyType;
using protocol::ResultType;
using reports::DayBits;

inline constexpr auto kSts = static_cast<size_t>(ReportPolicyType::sts);
inline constexpr auto kTlsa = static_cast<size_t>(ReportPolicyType::tlsa);
inline constexpr auto kWithout = static_cast<size_t>(ReportPolicyType::no_policy_found);
inline const reports::Day kToday = std::chrono::floor<std::chrono::days>(kNow);

// Bit i: i days ago.
inline DayBits days_ago(std::initializer_list<int> days) {
  DayBits bits = 0;
  for (int day : days) bits |= DayBits{1} << day;
  return bits;
}
inline constexpr DayBits kWholeWeek = 0b11111110;  // yesterday and the six days before

// Made by a test step by step; take() makes it consistent.
struct Reported {
  reports::DomainSummary summary;

  Reported() {
    summary.to = kToday;
    summary.from = kToday - std::chrono::days(7);
    summary.has_history = true;
  }

  reports::OrganizationSummary& organization(const std::string& name) {
    for (auto& one : summary.organizations)
      if (one.name == name) return one;
    reports::OrganizationSummary one;
    one.name = name;
    one.submitter = ascii_lower(name) + ".example";
    one.days = one.days_without_failures = kWholeWeek;
    summary.organizations.push_back(one);
    return summary.organizations.back();
  }
  Reported& sessions(const std::string& name, uint64_t successful, uint64_t failed,
                     bool authenticated = true, size_t type = kSts, DayBits days = kWholeWeek) {
    auto& one = organization(name);
    reports::SessionCounts counts{successful, failed};
    one.counts[type] += counts;
    if (counts.total() > 0) one.days_by_type[type] |= days;
    if (authenticated) one.authenticated_counts[type] += counts;
    if (failed > 0) one.days_without_failures = days_ago({6, 7});
    return *this;
  }
  reports::FailureSummary& failure(ResultType type, const std::string& host, uint64_t sessions,
                                   std::vector<std::string> organizations,
                                   DayBits days = days_ago({1, 2, 3}), size_t policy_type = kSts) {
    reports::FailureSummary failure;
    failure.type = type;
    failure.receiving_mx = host;
    failure.sessions[policy_type].failed = sessions;
    failure.organization_count = organizations.size();
    failure.organizations = std::move(organizations);
    failure.days = days;
    failure.first_day = kToday - std::chrono::days(63 - std::countl_zero(days));
    failure.last_day = kToday - std::chrono::days(std::countr_zero(days));
    failure.type_seen_before = failure.host_seen_before = true;
    summary.failures.push_back(std::move(failure));
    return summary.failures.back();
  }
  reports::DomainSummaryPtr take() {
    for (const auto& one : summary.organizations) {
      for (size_t i = 0; i < summary.counts.size(); ++i) {
        summary.counts[i] += one.counts[i];
        summary.authenticated_counts[i] += one.authenticated_counts[i];
      }
      summary.reporters += (one.days & 0xFF) != 0;
      summary.totals.reports += static_cast<uint64_t>(std::popcount(one.days));
    }
    return std::make_shared<const reports::DomainSummary>(summary);
  }
};

// Of the healthy domain, checked without interruption since `days` ago, with passing probes.
inline HistoryPtr watched_for(int days, const std::string& body = "") {
  Time then = kNow - std::chrono::hours(24 * days);
  Scene scene;
  if (!body.empty()) scene.set_body(body);
  HistoryPtr first = scene.judged_at(then, std::make_shared<const History>()).history;
  Scene again;
  if (!body.empty()) again.set_body(body);
  auto history =
      std::make_shared<History>(*again.judged_at(then + std::chrono::minutes(15), first).history);
  history->passes.clear();
  Time last = kNow - std::chrono::minutes(15);
  for (Stage stage : {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax,
                      Stage::mx, Stage::reports})
    history->passes.push_back({stage, "", then, last});
  for (const char* host : {"mx1.example.com", "mx2.example.com"})
    for (Stage stage : {Stage::smtp, Stage::mx_certificate})
      history->passes.push_back({stage, host, then, last});
  return history;
}

}  // namespace mtasts::verdict
