// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/findings/reported_by.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "protocol/tlsrpt/result_type.h"
#include "verdict/domain/report_rules.h"
#include "verdict/findings/finding_collector.h"

namespace mtasts::verdict {
namespace {

constexpr size_t kMostNames = 3;

// Senders report these about the policy host, whose name they do not tell.
bool is_about_policy(protocol::ResultType type) {
  return type == protocol::ResultType::sts_policy_fetch_error ||
         type == protocol::ResultType::sts_policy_invalid ||
         type == protocol::ResultType::sts_webpki_invalid;
}

bool matches(const Finding& finding, protocol::ResultType type,
             const reports::FailureSummary& failure, const std::string& only_host) {
  if (failure.type != type) return false;
  if (is_about_policy(type)) return true;
  std::string_view host = host_of_subject(finding.subject);
  // Of the findings without a host, those of stage mx are about hosts that the policy does not
  // cover; what a change causes later can have other causes, too.
  if (host.empty()) return finding.row->stage == Stage::mx;
  return failure.receiving_mx.empty() ? host == only_host : host == failure.receiving_mx;
}

uint64_t sessions_of(const reports::DomainSummary& summary, const std::vector<std::string>& names,
                     size_t policy_type) {
  uint64_t sessions = 0;
  for (const reports::OrganizationSummary& one : summary.organizations)
    if (std::find(names.begin(), names.end(), one.name) != names.end())
      reports::add_sessions(sessions, one.counts[policy_type].total());
  return sessions;
}

std::optional<ReportedBy> reported_of(const Finding& finding, const reports::DomainSummary& summary,
                                      const std::string& only_host) {
  protocol::ResultType type = protocol::result_type(finding.row->tls_rpt_result_type);
  if (finding.row->tls_rpt_result_type.empty() || type == protocol::ResultType::other)
    return std::nullopt;
  ReportedBy reported;
  std::vector<std::string> names;
  reports::CountsByType counts{};
  reports::Day first = reports::Day::max();
  for (const reports::FailureSummary& failure : summary.failures) {
    if (!matches(finding, type, failure, only_host)) continue;
    add_names(names, failure.organizations);
    reported.organization_count =
        std::max<uint64_t>(reported.organization_count, failure.organization_count);
    for (size_t i = 0; i < counts.size(); ++i) counts[i] += failure.sessions[i];
    first = std::min(first, failure.first_day);
  }
  if (names.empty()) return std::nullopt;
  // One session under two policies counts in both, so only the policy type with most counts.
  auto most = std::max_element(
      counts.begin(), counts.end(),
      [](const auto& one, const auto& other) { return one.failed < other.failed; });
  reported.failed = most->failed;
  reported.sessions = std::max(
      reported.failed, sessions_of(summary, names, static_cast<size_t>(most - counts.begin())));
  reported.organization_count = std::max<uint64_t>(reported.organization_count, names.size());
  reported.since = day_text(first);
  if (names.size() > kMostNames) names.resize(kMostNames);
  reported.organizations = std::move(names);
  return reported;
}

}  // namespace

void join_reported(std::vector<Finding>& findings, const reports::DomainSummary& summary,
                   const std::string& only_host) {
  for (Finding& finding : findings) finding.reported = reported_of(finding, summary, only_host);
}

std::string reported_sentence(const ReportedBy& reported) {
  return fmt::format("also reported by {}: {} of {} sessions since {}",
                     organizations_text(reported.organizations, reported.organization_count),
                     reported.failed, reported.sessions, reported.since);
}

}  // namespace mtasts::verdict
