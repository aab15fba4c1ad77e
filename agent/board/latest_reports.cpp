// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/latest_reports.h"

#include <utility>

namespace mtasts::board {

LastResults updated_results(const LastResults& before, const verdict::Report& report) {
  LastResults after = before;
  for (size_t i = 0; i < after.size(); ++i) {
    switch (report.stages[i]) {
      case verdict::StageResult::pass:
      case verdict::StageResult::fail:
        after[i] = {report.stages[i], report.checked_at};
        break;
      case verdict::StageResult::not_applicable:
        after[i] = {};
        break;
      case verdict::StageResult::unknown:
        break;
    }
  }
  return after;
}

Update LatestReports::put_domain(const settings::DomainEntry& domain) {
  std::lock_guard lock(mutex_);
  DomainEntryPtr& place = domains_[domain.name.text()];
  DomainEntry entry;
  if (place != nullptr) entry = *place;
  entry.name = domain.name.text();
  entry.configured = std::make_shared<const settings::DomainEntry>(domain);
  place = std::make_shared<const DomainEntry>(std::move(entry));
  Update update;
  update.domains.push_back(place);
  return update;
}

Update LatestReports::remove_domain(const std::string& domain) {
  std::lock_guard lock(mutex_);
  Update update;
  auto place = domains_.find(domain);
  if (place == domains_.end()) return update;
  update.removed_domains.push_back(domain);
  if (place->second->report != nullptr) {
    replace_hosts(place->second->report.get(), nullptr, update);
    --reported_;
  }
  domains_.erase(place);
  return update;
}

std::optional<Update> LatestReports::publish(const verdict::ReportPtr& report) {
  if (report == nullptr) return std::nullopt;
  std::lock_guard lock(mutex_);
  auto place = domains_.find(report->domain);
  if (place == domains_.end()) return std::nullopt;
  Update update;
  replace(place->second, report, updated_results(place->second->stages, *report), update);
  return update;
}

Update LatestReports::restore(const verdict::ReportPtr& report, const LastResults& stages) {
  std::lock_guard lock(mutex_);
  Update update;
  auto place = domains_.find(report->domain);
  if (place != domains_.end() && place->second->report == nullptr)
    replace(place->second, report, stages, update);
  return update;
}

Update LatestReports::set_reported(const std::string& domain,
                                   const reports::DomainSummaryPtr& reported) {
  std::lock_guard lock(mutex_);
  Update update;
  auto place = domains_.find(domain);
  if (place == domains_.end()) return update;
  DomainEntry entry = *place->second;
  entry.reported = reported;
  place->second = std::make_shared<const DomainEntry>(std::move(entry));
  update.domains.push_back(place->second);
  return update;
}

void LatestReports::replace(DomainEntryPtr& place, const verdict::ReportPtr& report,
                            const LastResults& stages, Update& update) {
  const DomainEntryPtr old = place;
  DomainEntry entry;
  entry.name = old->name;
  entry.configured = old->configured;
  entry.report = report;
  entry.stages = stages;
  if (old->report != nullptr)
    for (size_t i = 0; i < stages.size(); ++i)
      entry.unseen_before[i] = old->report->stages[i] == verdict::StageResult::unknown;
  entry.reported = old->reported;
  place = std::make_shared<const DomainEntry>(std::move(entry));
  update.domains.push_back(place);
  replace_hosts(old->report.get(), report.get(), update);
  if (old->report == nullptr) ++reported_;
}

void LatestReports::replace_hosts(const verdict::Report* before, const verdict::Report* after,
                                  Update& update) {
  HostChanges changes;
  hosts_.replace(before, after, changes);
  update.hosts = std::move(changes.changed);
  update.removed_hosts = std::move(changes.removed);
}

DomainEntryPtr LatestReports::find(std::string_view domain) const {
  std::lock_guard lock(mutex_);
  auto place = domains_.find(domain);
  return place == domains_.end() ? nullptr : place->second;
}

Snapshot LatestReports::snapshot() const {
  std::lock_guard lock(mutex_);
  Snapshot snapshot;
  snapshot.domains.reserve(domains_.size());
  for (const auto& [name, entry] : domains_) snapshot.domains.push_back(entry);
  snapshot.hosts = hosts_.entries();
  snapshot.channel_faults = channel_faults_;
  snapshot.rejected_reports = rejected_reports_;
  return snapshot;
}

void LatestReports::set_channel_faults(std::vector<verdict::ChannelFault> faults) {
  std::lock_guard lock(mutex_);
  channel_faults_ = std::move(faults);
}

void LatestReports::set_rejected_reports(reports::RejectedReportsPtr rejected) {
  std::lock_guard lock(mutex_);
  rejected_reports_ = std::move(rejected);
}

reports::RejectedReportsPtr LatestReports::rejected_reports() const {
  std::lock_guard lock(mutex_);
  return rejected_reports_;
}

bool LatestReports::complete() const {
  std::lock_guard lock(mutex_);
  return reported_ == domains_.size();
}

}  // namespace mtasts::board
