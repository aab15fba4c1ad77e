// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/report_samples.h"

#include <algorithm>
#include <array>

#include "base/time.h"
#include "protocol/tlsrpt/result_type.h"
#include "reports/statistics.h"

namespace mtasts::present {
namespace {

void add_domain(const board::DomainEntry& entry, SampleWriter& samples, double value) {
  samples.add({{"domain", entry.name}}, value);
}

void add_by_policy_type(const board::DomainEntry& entry, SampleWriter& samples,
                        uint64_t reports::SessionCounts::*count) {
  if (entry.reported == nullptr) return;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const reports::SessionCounts& counts =
        entry.reported->totals.counts.at(static_cast<size_t>(type));
    samples.add({{"domain", entry.name}, {"policy_type", name_of(type)}},
                static_cast<double>(counts.*count));
  }
}

}  // namespace

void reports_stored(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported != nullptr)
    add_domain(entry, samples, static_cast<double>(entry.reported->totals.reports));
}

void successful_sessions(const board::DomainEntry& entry, SampleWriter& samples) {
  add_by_policy_type(entry, samples, &reports::SessionCounts::successful);
}

void failed_sessions(const board::DomainEntry& entry, SampleWriter& samples) {
  add_by_policy_type(entry, samples, &reports::SessionCounts::failed);
}

void reported_failures(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported == nullptr) return;
  for (protocol::ResultType type : protocol::kResultTypes)
    samples.add({{"domain", entry.name}, {"result_type", name_of(type)}},
                static_cast<double>(entry.reported->totals.failures.at(static_cast<size_t>(type))));
}

void reported_failure_ratio(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported == nullptr) return;
  if (auto ratio = reports::failure_ratio(reports::worst_counts(entry.reported->counts)))
    add_domain(entry, samples, *ratio);
}

void window_sessions(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported == nullptr) return;
  for (protocol::ReportPolicyType type : protocol::kReportPolicyTypes) {
    const reports::SessionCounts& counts = entry.reported->counts.at(static_cast<size_t>(type));
    const uint64_t sessions = counts.successful + counts.failed;
    if (sessions > 0)
      samples.add({{"domain", entry.name}, {"policy_type", name_of(type)}},
                  static_cast<double>(sessions));
  }
}

void window_failures(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported == nullptr) return;
  std::array<uint64_t, protocol::kResultTypes.size()> failed{};
  for (const reports::FailureSummary& failure : entry.reported->failures) {
    uint64_t most = 0;  // a session under two policies is one session
    for (const reports::SessionCounts& counts : failure.sessions)
      most = std::max(most, counts.failed);
    failed.at(static_cast<size_t>(failure.type)) += most;
  }
  for (protocol::ResultType type : protocol::kResultTypes)
    if (const uint64_t sessions = failed.at(static_cast<size_t>(type)); sessions > 0)
      samples.add({{"domain", entry.name}, {"result_type", name_of(type)}},
                  static_cast<double>(sessions));
}

void reporters(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported != nullptr)
    add_domain(entry, samples, static_cast<double>(entry.reported->reporters));
}

void last_report_end(const board::DomainEntry& entry, SampleWriter& samples) {
  if (entry.reported != nullptr && entry.reported->totals.last_report_end != kNever)
    add_domain(entry, samples, unix_seconds(entry.reported->totals.last_report_end));
}

}  // namespace mtasts::present
