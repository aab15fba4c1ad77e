// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/latest_reports.h"

#include <utility>

#include "base/printable.h"

namespace mtasts::board {
namespace {

// RFC 1035 §2.3.4: 255 octets, each at most four characters when escaped.
constexpr size_t kLongestHost_bytes = 1024;

// The hosts whose facts the report holds, each once.
std::map<std::string, const verdict::MxReport*> hosts_of(const verdict::Report& report) {
  std::map<std::string, const verdict::MxReport*> hosts;
  for (const verdict::MxReport& mx : report.mx)
    if (mx.facts != nullptr) hosts.emplace(host_key(mx.host), &mx);
  return hosts;
}

}  // namespace

std::string host_key(std::string_view host) { return printable(host, kLongestHost_bytes); }

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
    release_hosts(*place->second->report, update);
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
  entry.reported = old->reported;
  place = std::make_shared<const DomainEntry>(std::move(entry));
  update.domains.push_back(place);
  // Acquire before release, so that a host used by both reports is not removed in between.
  take_hosts(*report, update);
  if (old->report != nullptr)
    release_hosts(*old->report, update);
  else
    ++reported_;
}

void LatestReports::take_hosts(const verdict::Report& report, Update& update) {
  for (const auto& [name, mx] : hosts_of(report)) {
    HostUse& use = hosts_[name];
    ++use.users;
    if (use.entry != nullptr && use.entry->facts == mx->facts) continue;
    if (use.entry != nullptr && use.entry->facts->probed_at > mx->facts->probed_at) continue;
    use.entry = std::make_shared<const HostEntry>(HostEntry{name, mx->facts});
    update.hosts.push_back(use.entry);
  }
}

void LatestReports::release_hosts(const verdict::Report& report, Update& update) {
  for (const auto& [name, mx] : hosts_of(report)) {
    auto use = hosts_.find(name);
    if (use == hosts_.end() || --use->second.users > 0) continue;
    hosts_.erase(use);
    update.removed_hosts.push_back(name);
  }
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
  snapshot.hosts.reserve(hosts_.size());
  for (const auto& [name, use] : hosts_) snapshot.hosts.push_back(use.entry);
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
