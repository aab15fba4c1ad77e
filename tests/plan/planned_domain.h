// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// example.com, the domain of the plan tests: a policy of mode enforce for a month, two MX hosts,
// and histories built by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace mtasts::plan {

inline const Time kPlanNow = Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 2)) +
                             std::chrono::hours(10) + std::chrono::minutes(15);
inline constexpr uint64_t kMonth_seconds = 30 * 86400;

inline Time days_later(int days) { return kPlanNow + std::chrono::hours(24 * days); }

inline verdict::PolicyFacts facts(protocol::Mode mode, uint64_t max_age_seconds,
                                  std::vector<std::string> mx) {
  verdict::PolicyFacts made;
  made.mode = mode;
  made.max_age_seconds = max_age_seconds;
  made.mx = std::move(mx);
  std::string digest = std::string(name_of(mode)) + std::to_string(max_age_seconds);
  for (const std::string& pattern : made.mx) digest += pattern;
  made.digest = digest;
  return made;
}

inline verdict::Report report_of(protocol::Mode mode, uint64_t max_age_seconds,
                                 std::vector<std::string> patterns) {
  verdict::Report report;
  report.domain = "example.com";
  report.checked_at = kPlanNow;
  report.record.status = verdict::TxtStatus::found;
  report.record.id = "20261001T000000";
  report.policy.status = verdict::PolicyStatus::fetched;
  report.policy.valid = true;
  report.policy.mode = mode;
  report.policy.max_age_seconds = max_age_seconds;
  report.policy.mx = std::move(patterns);
  for (const char* host : {"mx1.example.com", "mx2.example.com"}) {
    verdict::MxReport mx;
    mx.host = host;
    report.mx.push_back(mx);
  }
  return report;
}

inline verdict::Report enforced_report() {
  return report_of(protocol::Mode::enforce, kMonth_seconds, {"mx1.example.com", "mx2.example.com"});
}

// Neither record nor policy; DNS is conclusive.
inline verdict::Report absent_report() {
  verdict::Report report = enforced_report();
  report.record = verdict::RecordReport();
  report.record.status = verdict::TxtStatus::missing;
  report.policy = verdict::PolicyReport();
  report.policy.status = verdict::PolicyStatus::unreachable;
  return report;
}

// Nothing could be observed.
inline verdict::Report blind_report() {
  verdict::Report report = absent_report();
  report.record.status = verdict::TxtStatus::error;
  report.policy.status = verdict::PolicyStatus::not_fetched;
  return report;
}

// A domain that has been remembered for 60 days. A policy is served until `gone`, under the id
// "old".
class HistoryMaker {
 public:
  HistoryMaker() {
    history_.began = days_later(-60);
    history_.published = true;
  }
  HistoryMaker& gone(verdict::PolicyFacts policy, Time gone, std::string id = "old") {
    verdict::CachedPolicy instance;
    instance.id = std::move(id);
    instance.policy = std::make_shared<const verdict::PolicyFacts>(std::move(policy));
    instance.first_seen = history_.began;
    instance.last_seen = instance.gone = gone;
    instance.confirmed = true;
    history_.instances.push_back(instance);
    return *this;
  }
  HistoryMaker& today(verdict::PolicyFacts policy, Time seen, std::string id = "20261001T000000") {
    gone(std::move(policy), Time(), std::move(id));
    history_.instances.back().last_seen = seen;
    history_.policy.value = history_.instances.back().policy;
    history_.policy.seen = seen;
    history_.last_id = history_.instances.back().id;
    return *this;
  }
  HistoryMaker& mx(std::vector<std::string> hosts) {
    history_.mx.value = std::move(hosts);
    return *this;
  }
  verdict::HistoryPtr make() const { return std::make_shared<const verdict::History>(history_); }
  verdict::History& raw() { return history_; }

 private:
  verdict::History history_;
};

}  // namespace mtasts::plan
