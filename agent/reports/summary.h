// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// DomainSummary: what the stored TLS reports say about one domain, aggregated for judging and
// display. Made by a ReportStore, bounded, immutable, shared between threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "protocol/tlsrpt/result_type.h"
#include "reports/stored_report.h"

namespace mtasts::reports {

inline constexpr int kDaysBefore = 28;             // compared with for what is new
inline constexpr size_t kMostOrganizations = 100;  // in a summary: those with the most sessions
inline constexpr size_t kMostFailureSummaries = 200;
inline constexpr size_t kMostPolicySummaries = 20;

// Sums of successful, of failed and of sessions of one failure stop here: a report may claim up to
// 2^53 sessions in each of its rows, and a few of such sums can be added without an overflow.
inline constexpr uint64_t kMostSessionsCounted = uint64_t{1} << 60;

inline void add_sessions(uint64_t& sum, uint64_t more) {
  sum = std::min(sum, kMostSessionsCounted) + std::min(more, kMostSessionsCounted);
  sum = std::min(sum, kMostSessionsCounted);
}

struct SessionCounts {
  uint64_t successful = 0;
  uint64_t failed = 0;

  uint64_t total() const { return successful + failed; }
  // Stops at 2^60: a report may claim 2^53 sessions in each of its rows.
  SessionCounts& operator+=(const SessionCounts& other) {
    add_sessions(successful, other.successful);
    add_sessions(failed, other.failed);
    return *this;
  }
  bool operator==(const SessionCounts&) const = default;
};

// By ReportPolicyType: sessions of different types must not be added up, because one session under
// two policies counts in both. Entries about an MX host beside an sts entry are left out.
using CountsByType = std::array<SessionCounts, protocol::kReportPolicyTypes.size()>;

// Days as bits: bit i is the day `to - i`, so bit 0 is the last day of the summary.
using DayBits = uint64_t;
// The bit of `day`; 0: it is not among the 64 days up to `to`.
inline DayBits day_bit(Day to, Day day) {
  auto ago = (to - day).count();
  return ago >= 0 && ago < 64 ? DayBits{1} << ago : 0;
}

struct OrganizationSummary {
  std::string name;
  // Organizational domain of the submitter that signed the authenticated reports in the window, as
  // in stored_report.h; empty: there are none, or several submitters use this name. Anybody can
  // choose any number of names: those who must be different are counted by this.
  std::string submitter;
  CountsByType counts;                // in the window
  CountsByType authenticated_counts;  // of these, from authenticated reports
  DayBits days = 0;                   // with reports, within 64 days
  DayBits days_without_failures = 0;
  // With sessions of each policy type; of the window alone.
  std::array<DayBits, protocol::kReportPolicyTypes.size()> days_by_type{};
  Day last_day{};
  Time last_received{};
  Qualities qualities = 0;  // in the window
};

// Failures of one result type at one receiving host, in the window.
struct FailureSummary {
  protocol::ResultType type = protocol::ResultType::other;
  std::string type_text;     // of type other, the first
  std::string receiving_mx;  // empty: not told
  std::string receiving_ip;  // the first
  std::string reason;        // the first
  CountsByType sessions;     // `failed` alone
  uint64_t authenticated_sessions = 0;
  std::vector<std::string> organizations;  // at most 10, most sessions first
  size_t organization_count = 0;
  DayBits days = 0;
  Day first_day{};  // in the window
  Day last_day{};
  bool type_seen_before =
      false;  // this type, at any host, in the kDaysBefore days before the window
  bool host_seen_before = false;  // any failure at this host, in the same days
};

// Policies of type sts as senders applied them, in the window.
struct PolicySummary {
  std::string policy;  // PolicyRow::policy
  SessionCounts counts;
  std::vector<std::string> organizations;  // at most 10
  size_t organization_count = 0;
  Day first_day{};
  Day last_day{};
};

// Never reset while the domain has reports in the store.
struct ReportTotals {
  uint64_t reports = 0;
  CountsByType counts;
  std::array<uint64_t, protocol::kResultTypes.size()> failures{};
  Time last_report_end{};  // kNever: none
};

struct DomainSummary {
  Day from{};  // the first and last day of the window; `to` is the day of the call
  Day to{};
  std::vector<OrganizationSummary> organizations;  // that reported in the window or kDaysBefore
  size_t organizations_dropped = 0;
  size_t reporters = 0;                  // organizations with a report in the window
  std::vector<FailureSummary> failures;  // most sessions first
  size_t failures_dropped = 0;
  std::vector<PolicySummary> policies;  // the latest first
  CountsByType counts;                  // in the window, all organizations
  CountsByType authenticated_counts;
  ReportTotals totals;
  bool has_history = false;  // there are reports from before the window: "new" has a meaning
};
using DomainSummaryPtr = std::shared_ptr<const DomainSummary>;

}  // namespace mtasts::reports
