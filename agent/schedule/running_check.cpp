// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/running_check.h"

namespace mtasts::schedule {

void RecentReports::add(const verdict::ReportPtr& report, SteadyTime now, Time calendar) {
  forget_old(now);
  ended_.push_back({report, now, calendar});
  latest_[report->domain] = {report, now, calendar};
}

verdict::ReportPtr RecentReports::find(const std::string& domain, SteadyTime now, Time calendar) {
  forget_old(now);
  auto found = latest_.find(domain);
  if (found == latest_.end()) return nullptr;
  const Ended& ended = found->second;
  const auto set_by = (calendar - ended.calendar) - (now - ended.at);
  return std::chrono::abs(set_by) > kFresh ? nullptr : ended.report;
}

void RecentReports::clear() {
  ended_.clear();
  latest_.clear();
}

void RecentReports::forget_old(SteadyTime now) {
  while (!ended_.empty() && (now - ended_.front().at > kFresh || ended_.size() >= kMost)) {
    auto found = latest_.find(ended_.front().report->domain);
    if (found != latest_.end() && found->second.report == ended_.front().report)
      latest_.erase(found);
    ended_.pop_front();
  }
}

}  // namespace mtasts::schedule
