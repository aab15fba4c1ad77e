// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/reported_view.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace mtasts::present {

int days_in_window(const reports::OrganizationSummary& organization,
                   const reports::DomainSummary& summary) {
  const auto days = (summary.to - summary.from).count() + 1;
  constexpr auto kBits = std::numeric_limits<reports::DayBits>::digits;
  if (days < 1) return 0;
  const reports::DayBits window =
      days >= kBits ? ~reports::DayBits{0} : (reports::DayBits{1} << days) - 1;
  return std::popcount(organization.days & window);
}

bool is_authenticated(const reports::OrganizationSummary& organization) {
  auto has_sessions = [](const reports::SessionCounts& counts) { return counts.total() > 0; };
  return std::any_of(organization.counts.begin(), organization.counts.end(), has_sessions) &&
         organization.counts == organization.authenticated_counts;
}

std::vector<std::string> known_mx_hosts(const verdict::Report* report) {
  std::vector<std::string> hosts;
  if (report == nullptr) return hosts;
  for (const verdict::MxReport& mx : report->mx)
    if (!mx.host.empty()) hosts.push_back(mx.host);
  if (report->history != nullptr && report->history->mx.value)
    hosts.insert(hosts.end(), report->history->mx.value->begin(), report->history->mx.value->end());
  return hosts;
}

}  // namespace mtasts::present
