// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "board/latest_reports.h"

#include <utility>

#include "base/printable.h"

namespace mtasts::board {
namespace {

// RFC 1035 §2.3.4: 255 octets, each at most four characters when escaped.
constexpr size_t kLongestHost_bytes = 1024;

// The hosts of a report whose facts it holds, each once.
std::map<std::string, const verdict::MxReport*> hosts_of(const verdict::Report& report) {
  std::map<std::string, const verdict::MxReport*> hosts;
  for (const verdict::MxReport& mx : report.mx)
    if (mx.facts != nullptr) hosts.emplace(host_key(mx.host), &mx);
  return hosts;
}

}  // namespace

SegmentedText::SegmentedText(std::string_view text, const std::vector<uint32_t>& ends)
    : text_(text), ends_(ends.begin(), ends.end()) {}

std::string_view SegmentedText::segment(size_t index) const {
  if (index >= ends_.size()) return {};
  size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

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

LatestReports::LatestReports(EntryRenderers renderers) : renderers_(std::move(renderers)) {}

DomainEntryPtr LatestReports::make_entry(DomainEntry entry) const {
  if (renderers_.domain) entry.text = renderers_.domain(entry);
  return std::make_shared<const DomainEntry>(std::move(entry));
}

std::vector<std::string> LatestReports::set_domains(
    const std::vector<settings::DomainEntry>& domains) {
  std::lock_guard lock(mutex_);
  std::map<std::string, DomainEntryPtr, std::less<>> kept;
  std::vector<std::string> added;
  reported_ = 0;
  for (const settings::DomainEntry& configured : domains) {
    const std::string& name = configured.name.text();
    if (kept.contains(name)) continue;
    DomainEntry entry;
    entry.name = name;
    entry.configured = std::make_shared<const settings::DomainEntry>(configured);
    auto old = domains_.find(name);
    if (old != domains_.end()) {
      entry.report = old->second->report;
      entry.stages = old->second->stages;
      domains_.erase(old);
    } else {
      added.push_back(name);
    }
    if (entry.report != nullptr) ++reported_;
    kept.emplace(name, make_entry(std::move(entry)));
  }
  for (const auto& [name, removed] : domains_)
    if (removed->report != nullptr) release_hosts(*removed->report);
  domains_ = std::move(kept);
  return added;
}

bool LatestReports::publish(const verdict::ReportPtr& report) {
  if (report == nullptr) return false;
  std::lock_guard lock(mutex_);
  auto place = domains_.find(report->domain);
  if (place == domains_.end()) return false;
  replace(place->second, report, updated_results(place->second->stages, *report));
  return true;
}

void LatestReports::restore(const verdict::ReportPtr& report, const LastResults& stages) {
  std::lock_guard lock(mutex_);
  auto place = domains_.find(report->domain);
  if (place != domains_.end() && place->second->report == nullptr)
    replace(place->second, report, stages);
}

void LatestReports::replace(DomainEntryPtr& place, const verdict::ReportPtr& report,
                            const LastResults& stages) {
  const DomainEntryPtr old = place;
  DomainEntry entry;
  entry.name = old->name;
  entry.configured = old->configured;
  entry.report = report;
  entry.stages = stages;
  place = make_entry(std::move(entry));
  // Taken before released, so that a host both reports use is not forgotten in between.
  take_hosts(*report);
  if (old->report != nullptr)
    release_hosts(*old->report);
  else
    ++reported_;
}

void LatestReports::take_hosts(const verdict::Report& report) {
  for (const auto& [name, mx] : hosts_of(report)) {
    HostUse& use = hosts_[name];
    ++use.users;
    if (use.entry != nullptr && use.entry->facts == mx->facts) continue;
    if (use.entry != nullptr && use.entry->facts->probed_at > mx->facts->probed_at) continue;
    HostEntry entry{name, mx->facts, {}};
    if (renderers_.host) entry.text = renderers_.host(entry);
    use.entry = std::make_shared<const HostEntry>(std::move(entry));
  }
}

void LatestReports::release_hosts(const verdict::Report& report) {
  for (const auto& [name, mx] : hosts_of(report)) {
    auto use = hosts_.find(name);
    if (use != hosts_.end() && --use->second.users == 0) hosts_.erase(use);
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
  return snapshot;
}

size_t LatestReports::domain_count() const {
  std::lock_guard lock(mutex_);
  return domains_.size();
}

bool LatestReports::complete() const {
  std::lock_guard lock(mutex_);
  return reported_ == domains_.size();
}

}  // namespace mtasts::board
