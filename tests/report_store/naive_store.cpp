// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/naive_store.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "base/public_suffix.h"

namespace mtasts::report_store {
namespace {

using namespace reports;  // NOLINT

void add_to(uint64_t& sum, uint64_t more) {
  constexpr uint64_t kMost = uint64_t{1} << 60;
  sum = more > kMost - sum ? kMost : sum + more;
}

void add_to(CountsByType& sum, const StoredReport& report) {
  for (const PolicyRow& row : report.policies) {
    if (row.about_mx_host) continue;
    SessionCounts& counts = sum[static_cast<size_t>(row.type)];
    add_to(counts.successful, row.successful);
    add_to(counts.failed, row.failed);
  }
}

bool fails(const StoredReport& report) {
  for (const FailureRow& row : report.failures)
    if (row.sessions > 0) return true;
  for (const PolicyRow& row : report.policies)
    if (!row.about_mx_host && row.failed > 0) return true;
  return false;
}

uint64_t most_of(const CountsByType& counts) {
  uint64_t most = 0;
  for (const SessionCounts& one : counts) most = std::max(most, one.total());
  return most;
}

void set_day(DayBits& bits, Day to, Day day) {
  auto ago = (to - day).count();
  if (ago >= 0 && ago < 64) bits |= DayBits{1} << ago;
}

using ByOrganization = std::map<std::string, uint64_t>;

std::vector<std::string> ten_largest(const ByOrganization& organizations) {
  std::vector<std::pair<std::string, uint64_t>> all(organizations.begin(), organizations.end());
  std::ranges::stable_sort(all, [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::string> names;
  for (const auto& [name, sessions] : all)
    if (names.size() < 10) names.push_back(name);
  return names;
}

}  // namespace

Result<std::vector<AddOutcome>> NaiveStore::add(const std::vector<StoredReport>& batch) {
  std::vector<AddOutcome> outcomes;
  for (const StoredReport& report : batch) {
    AddOutcome outcome = AddOutcome::added;
    for (StoredReport& known : reports_) {
      if (known.domain != report.domain) continue;
      if (known.identity == report.identity) outcome = AddOutcome::added_again;
      if (known.key != report.key) continue;
      outcome = AddOutcome::duplicate;
      if (report.authenticity != Authenticity::authenticated ||
          known.authenticity == Authenticity::authenticated)
        break;
      outcome = AddOutcome::authenticated;
      known.authenticity = report.authenticity;
      break;
    }
    outcomes.push_back(outcome);
    if (outcome == AddOutcome::duplicate || outcome == AddOutcome::authenticated) continue;
    reports_.push_back(report);
    if (outcome == AddOutcome::added_again) reports_.back().qualities |= bit(Quality::same_id);
    ReportTotals& totals = totals_[report.domain];
    ++totals.reports;
    add_to(totals.counts, report);
    for (const FailureRow& row : report.failures)
      add_to(totals.failures[static_cast<size_t>(row.type)], row.sessions);
    totals.last_report_end = std::max(totals.last_report_end, report.end);
    Time& received = received_[report.domain + "\n" + report.organization];
    received = std::max(received, report.received);
  }
  return outcomes;
}

namespace {

// `all`: the reports of the domain.
std::vector<OrganizationSummary> organizations_of(const std::vector<StoredReport>& all,
                                                  const DomainSummary& summary) {
  std::map<std::string, OrganizationSummary> found;
  std::map<std::string, DayBits> failing;
  std::map<std::string, std::set<std::string>> submitters;
  for (const StoredReport& report : all) {
    OrganizationSummary& one = found[report.organization];
    one.name = report.organization;
    one.last_day = std::max(one.last_day, report.day);
    set_day(one.days, summary.to, report.day);
    if (fails(report)) set_day(failing[one.name], summary.to, report.day);
    if (report.day < summary.from || report.day > summary.to) continue;
    add_to(one.counts, report);
    for (const PolicyRow& row : report.policies)
      if (!row.about_mx_host && row.successful + row.failed > 0)
        set_day(one.days_by_type[static_cast<size_t>(row.type)], summary.to, report.day);
    if (report.authenticity == Authenticity::authenticated) {
      add_to(one.authenticated_counts, report);
      submitters[one.name].insert(organisational_domain(report.submitter));
    }
    one.qualities |= report.qualities;
  }
  std::vector<OrganizationSummary> organizations;
  for (auto& [name, one] : found) {
    one.days_without_failures = one.days & ~failing[name];
    if (submitters[name].size() == 1) one.submitter = *submitters[name].begin();
    if (one.last_day >= summary.from - std::chrono::days(kDaysBefore)) organizations.push_back(one);
  }
  std::ranges::stable_sort(organizations, [](const auto& a, const auto& b) {
    return std::pair(most_of(a.counts), a.last_day) > std::pair(most_of(b.counts), b.last_day);
  });
  return organizations;
}

std::vector<FailureSummary> failures_of(const std::vector<StoredReport>& all,
                                        const DomainSummary& summary) {
  std::map<std::pair<int, std::string>, std::pair<FailureSummary, ByOrganization>> found;
  std::vector<StoredReport> by_day = all;
  std::ranges::stable_sort(by_day, {}, &StoredReport::day);
  for (const StoredReport& report : by_day) {
    if (report.day < summary.from || report.day > summary.to) continue;
    for (const FailureRow& row : report.failures) {
      if (row.sessions == 0) continue;
      auto& [one, organizations] = found[{static_cast<int>(row.type), row.receiving_mx}];
      one.type = row.type;
      one.receiving_mx = row.receiving_mx;
      if (one.type_text.empty()) one.type_text = row.type_text;
      if (one.receiving_ip.empty()) one.receiving_ip = row.receiving_ip;
      if (one.reason.empty()) one.reason = row.reason;
      add_to(one.sessions[static_cast<size_t>(row.policy_type)].failed, row.sessions);
      if (report.authenticity == Authenticity::authenticated)
        add_to(one.authenticated_sessions, row.sessions);
      add_to(organizations[report.organization], row.sessions);
      if (one.days == 0) one.first_day = report.day;
      one.last_day = report.day;
      set_day(one.days, summary.to, report.day);
    }
  }
  std::vector<FailureSummary> failures;
  for (auto& [key, group] : found) {
    auto& [one, organizations] = group;
    one.organizations = ten_largest(organizations);
    one.organization_count = organizations.size();
    for (const StoredReport& report : all) {
      if (report.day >= summary.from || report.day < summary.from - std::chrono::days(kDaysBefore))
        continue;
      for (const FailureRow& row : report.failures) {
        if (row.sessions == 0) continue;
        one.type_seen_before |= row.type == one.type;
        one.host_seen_before |= row.receiving_mx == one.receiving_mx;
      }
    }
    failures.push_back(one);
  }
  std::ranges::stable_sort(failures, [](const auto& a, const auto& b) {
    return most_of(a.sessions) > most_of(b.sessions);
  });
  return failures;
}

std::vector<PolicySummary> policies_of(const std::vector<StoredReport>& all,
                                       const DomainSummary& summary) {
  std::map<std::string, std::pair<PolicySummary, ByOrganization>> found;
  for (const StoredReport& report : all) {
    if (report.day < summary.from || report.day > summary.to) continue;
    for (const PolicyRow& row : report.policies) {
      if (row.type != protocol::ReportPolicyType::sts || row.about_mx_host || row.policy.empty())
        continue;
      auto [place, is_new] = found.try_emplace(row.policy);
      auto& [one, organizations] = place->second;
      one.policy = row.policy;
      add_to(one.counts.successful, row.successful);
      add_to(one.counts.failed, row.failed);
      add_to(organizations[report.organization], row.successful);
      add_to(organizations[report.organization], row.failed);
      one.first_day = is_new ? report.day : std::min(one.first_day, report.day);
      one.last_day = std::max(one.last_day, report.day);
    }
  }
  std::vector<PolicySummary> policies;
  for (auto& [policy, group] : found) {
    group.first.organizations = ten_largest(group.second);
    group.first.organization_count = group.second.size();
    policies.push_back(group.first);
  }
  std::ranges::stable_sort(policies, [](const auto& a, const auto& b) {
    return std::pair(a.last_day, a.counts.total()) > std::pair(b.last_day, b.counts.total());
  });
  return policies;
}

}  // namespace

Result<DomainSummary> NaiveStore::summary(const std::string& domain, int window_days, Time now) {
  DomainSummary summary;
  summary.to = std::chrono::floor<std::chrono::days>(now);
  summary.from = summary.to - std::chrono::days(window_days);
  std::vector<StoredReport> all;
  std::set<std::string> reporters;
  for (const StoredReport& report : reports_) {
    if (report.domain != domain) continue;
    all.push_back(report);
    summary.has_history |= report.day < summary.from;
    if (report.day < summary.from || report.day > summary.to) continue;
    reporters.insert(report.organization);
    add_to(summary.counts, report);
    if (report.authenticity == Authenticity::authenticated)
      add_to(summary.authenticated_counts, report);
  }
  summary.reporters = reporters.size();
  if (auto totals = totals_.find(domain); totals != totals_.end()) summary.totals = totals->second;
  summary.organizations = organizations_of(all, summary);
  for (OrganizationSummary& one : summary.organizations)
    one.last_received = received_[domain + "\n" + one.name];
  summary.failures = failures_of(all, summary);
  summary.policies = policies_of(all, summary);
  return summary;
}

Result<std::vector<std::string>> NaiveStore::domains() {
  std::vector<std::string> domains;
  for (const auto& [domain, totals] : totals_) domains.push_back(domain);
  return domains;
}

Result<ReportListing> NaiveStore::list(const std::string& domain, int days, size_t most, Time now) {
  Day to = std::chrono::floor<std::chrono::days>(now);
  using Key = std::tuple<Day, std::string, Authenticity>;
  using FailureKey = std::tuple<int, int, std::string, std::string, std::string, std::string>;
  std::map<Key, ReportLine> lines;
  std::map<Key, std::map<FailureKey, FailureRow>> failures;
  for (const StoredReport& report : reports_) {
    if (report.domain != domain || report.day > to || report.day < to - std::chrono::days(days))
      continue;
    Key key{report.day, report.organization, report.authenticity};
    ReportLine& line = lines[key];
    line.day = report.day;
    line.organization = report.organization;
    line.authenticity = report.authenticity;
    if (report.received >= line.received) line.report_id = report.report_id;
    line.received = std::max(line.received, report.received);
    ++line.reports;
    line.qualities |= report.qualities;
    add_to(line.counts, report);
    for (const FailureRow& row : report.failures) {
      if (row.sessions == 0) continue;
      FailureRow& sum =
          failures[key][{static_cast<int>(row.policy_type), static_cast<int>(row.type),
                         row.type_text, row.receiving_mx, row.receiving_ip, row.sending_network}];
      uint64_t before = sum.sessions;
      std::string reason = sum.reason.empty() ? row.reason : sum.reason;
      sum = row;
      sum.reason = reason;
      add_to(sum.sessions, before);
    }
  }
  ReportListing listing;
  for (auto& [key, line] : lines) {
    for (const auto& [failure, row] : failures[key]) line.failures.push_back(row);
    listing.lines.push_back(line);
  }
  std::ranges::stable_sort(listing.lines, std::greater(), &ReportLine::day);
  listing.cut = listing.lines.size() > most;
  return listing;
}

Result<bool> NaiveStore::purge(Day before) {
  std::erase_if(reports_, [&](const StoredReport& report) { return report.day < before; });
  return false;
}

}  // namespace mtasts::report_store
