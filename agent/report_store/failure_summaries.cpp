// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "report_store/failure_summaries.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "report_store/session_limit.h"

namespace mtasts::report_store {
namespace {

using reports::FailureSummary;
using reports::PolicySummary;
using state::Database;
using state::Rows;

constexpr size_t kMostNames = 10;
constexpr uint64_t kTypes = 64;  // more than there are result types

// Unsigned: a number of a doctored file must not overflow.
int64_t key_of(int64_t host, int64_t type) {
  return static_cast<int64_t>(static_cast<uint64_t>(host) * kTypes + static_cast<uint64_t>(type));
}

// Sessions by organization; few of them, or one that repeats.
class Organizations {
 public:
  void add(int64_t number, uint64_t sessions) {
    if (last_ >= all_.size() || all_[last_].first != number) last_ = find(number);
    add_sessions(all_[last_].second, sessions);
  }

  size_t count() const { return all_.size(); }

  // Those with the most sessions; the others have no name.
  std::vector<std::string> names(TextTable& texts) {
    std::ranges::stable_sort(all_,
                             [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> names;
    for (const auto& [number, sessions] : all_)
      if (number != kOthers && names.size() < kMostNames) names.push_back(texts.text(number));
    return names;
  }

 private:
  size_t find(int64_t number) {
    if (all_.size() < kMostScanned) {
      for (size_t i = 0; i < all_.size(); ++i)
        if (all_[i].first == number) return i;
    } else {
      for (size_t i = places_.size(); i < all_.size(); ++i) places_[all_[i].first] = i;
      if (auto known = places_.find(number); known != places_.end()) return known->second;
    }
    all_.emplace_back(number, 0);
    return all_.size() - 1;
  }

  static constexpr size_t kMostScanned = 16;
  std::vector<std::pair<int64_t, uint64_t>> all_;
  std::unordered_map<int64_t, size_t> places_;
  size_t last_ = 0;
};

// Texts are numbers until it is known which are shown.
struct Group {
  int64_t host = 0;
  FailureSummary summary;
  int64_t address = kNoText;
  int64_t reason = kNoText;
  int64_t type_text = kNoText;
  Organizations organizations;
};

class FailureReader {
 public:
  FailureReader(Database& database, int64_t domain, SummaryDays days)
      : database_(database), domain_(domain), days_(days) {}

  void read(TextTable& texts, reports::DomainSummary& summary) {
    read_rows();
    std::vector<size_t> order(groups_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    size_t shown = std::min(order.size(), reports::kMostFailureSummaries);
    std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(shown), order.end(),
                      [&](size_t a, size_t b) {
                        uint64_t of_a = most_sessions(groups_[a].summary.sessions);
                        uint64_t of_b = most_sessions(groups_[b].summary.sessions);
                        return of_a != of_b ? of_a > of_b : a < b;
                      });
    order.resize(shown);
    for (size_t place : order) summary.failures.push_back(finished(groups_[place], texts));
    summary.failures_dropped = groups_.size() - shown;
  }

 private:
  void read_rows();
  Group& group_of(int64_t host, int64_t type);
  FailureSummary finished(Group& group, TextTable& texts);

  Database& database_;
  const int64_t domain_;
  const SummaryDays days_;
  std::vector<Group> groups_;
  std::unordered_map<int64_t, size_t> places_;
  size_t last_ = 0;
};

Group& FailureReader::group_of(int64_t host, int64_t type) {
  auto is_it = [&](const Group& group) {
    return group.host == host && static_cast<int64_t>(group.summary.type) == type;
  };
  if (last_ < groups_.size() && is_it(groups_[last_])) return groups_[last_];
  auto [place, is_new] = places_.try_emplace(key_of(host, type), groups_.size());
  last_ = place->second;
  if (!is_new) return groups_[last_];
  Group& group = groups_.emplace_back();
  group.host = host;
  group.summary.type = static_cast<protocol::ResultType>(type);
  return group;
}

// In the order of the primary key, so by day.
void FailureReader::read_rows() {
  Rows rows = database_.query(
      "SELECT day, host, type, organization, authenticity, policy_type, address, type_text, reason,"
      " sessions FROM tlsrpt_failure WHERE domain=?1 AND day BETWEEN ?2 AND ?3"
      " ORDER BY day, host, type",
      {domain_, days_.from, days_.to});
  while (rows.next()) {
    const auto policy_type = static_cast<size_t>(rows.integer(5));
    const auto type = static_cast<uint64_t>(rows.integer(2));
    if (type >= protocol::kResultTypes.size() || policy_type >= protocol::kReportPolicyTypes.size())
      continue;
    Group& group = group_of(rows.integer(1), rows.integer(2));
    FailureSummary& summary = group.summary;
    int64_t day = rows.integer(0);
    auto sessions = sessions_at(rows, 9);
    add_sessions(summary.sessions[policy_type].failed, sessions);
    if (rows.integer(4) == static_cast<int64_t>(reports::Authenticity::authenticated))
      add_sessions(summary.authenticated_sessions, sessions);
    group.organizations.add(rows.integer(3), sessions);
    if (group.address == kNoText) group.address = rows.integer(6);
    if (group.type_text == kNoText) group.type_text = rows.integer(7);
    if (group.reason == kNoText) group.reason = rows.integer(8);
    if (summary.days == 0) summary.first_day = day_of(day);
    summary.last_day = day_of(day);
    if (days_.to - day < 64) summary.days |= reports::DayBits{1} << (days_.to - day);
  }
}

FailureSummary FailureReader::finished(Group& group, TextTable& texts) {
  FailureSummary summary = std::move(group.summary);
  summary.receiving_mx = texts.text(group.host);
  summary.receiving_ip = texts.text(group.address);
  summary.type_text = texts.text(group.type_text);
  summary.reason = texts.text(group.reason);
  summary.organizations = group.organizations.names(texts);
  summary.organization_count = group.organizations.count();
  summary.host_seen_before =
      database_
          .number(
              "SELECT EXISTS (SELECT 1 FROM tlsrpt_failing_host WHERE domain=?1 AND host=?2"
              " AND day>=?3 AND day<?4)",
              {domain_, group.host, days_.before_from, days_.from})
          .value_or(0) != 0;
  return summary;
}

struct PolicyGroup {
  int64_t policy = kNoText;
  PolicySummary summary;
  Organizations organizations;
};

}  // namespace

void read_failures(Database& database, int64_t domain, SummaryDays days, TextTable& texts,
                   reports::DomainSummary& summary) {
  FailureReader(database, domain, days).read(texts, summary);
}

void read_policies(Database& database, int64_t domain, SummaryDays days, TextTable& texts,
                   reports::DomainSummary& summary) {
  std::vector<PolicyGroup> groups;
  std::unordered_map<int64_t, size_t> places;
  {
    Rows rows = database.query(
        "SELECT day, policy, organization, successful, failed FROM tlsrpt_policy"
        " WHERE domain=?1 AND day BETWEEN ?2 AND ?3 ORDER BY day, policy",
        {domain, days.from, days.to});
    while (rows.next()) {
      auto [place, is_new] = places.try_emplace(rows.integer(1), groups.size());
      if (is_new) {
        groups.emplace_back().policy = rows.integer(1);
        groups.back().summary.first_day = day_of(rows.integer(0));
      }
      PolicyGroup& group = groups[place->second];
      reports::SessionCounts counts{sessions_at(rows, 3), sessions_at(rows, 4)};
      group.summary.last_day = day_of(rows.integer(0));
      add_sessions(group.summary.counts, counts);
      group.organizations.add(rows.integer(2), counts.total());
    }
  }
  size_t shown = std::min(groups.size(), reports::kMostPolicySummaries);
  std::ranges::stable_sort(groups, [](const PolicyGroup& a, const PolicyGroup& b) {
    if (a.summary.last_day != b.summary.last_day) return a.summary.last_day > b.summary.last_day;
    return a.summary.counts.total() > b.summary.counts.total();
  });
  groups.resize(shown);
  for (PolicyGroup& group : groups) {
    group.summary.policy = texts.text(group.policy);
    group.summary.organizations = group.organizations.names(texts);
    group.summary.organization_count = group.organizations.count();
    summary.policies.push_back(std::move(group.summary));
  }
}

}  // namespace mtasts::report_store
