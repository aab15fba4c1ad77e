// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "present/exposition_cache.h"

#include "present/metrics_table.h"

namespace mtasts::present {
namespace {

// Renders one segment of text per metric of the scope.
template <typename Entry>
RenderedEntryPtr render(const Entry& entry, MetricScope scope, std::string_view subject,
                        void (*Metric::*samples_of)(const Entry&, SampleWriter&)) {
  std::string text;
  std::vector<uint32_t> ends;
  for (const Metric& metric : metrics_of(scope)) {
    SampleWriter samples(text, subject);
    (metric.*samples_of)(entry, samples);
    ends.push_back(static_cast<uint32_t>(text.size()));
  }
  return std::make_shared<const RenderedEntry>(
      RenderedEntry{entry.name, SegmentedText(text, ends)});
}

}  // namespace

SegmentedText::SegmentedText(std::string_view text, const std::vector<uint32_t>& ends)
    : text_(text), ends_(ends.begin(), ends.end()) {}

std::string_view SegmentedText::segment(size_t index) const {
  if (index >= ends_.size()) return {};
  size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_).substr(begin, ends_[index] - begin);
}

RenderedEntryPtr render_domain(const board::DomainEntry& entry) {
  return render(entry, MetricScope::domain, "domain", &Metric::of_domain);
}

RenderedEntryPtr render_host(const board::HostEntry& entry) {
  return render(entry, MetricScope::host, "mx", &Metric::of_host);
}

void ExpositionCache::apply(const board::Update& update) {
  std::vector<RenderedEntryPtr> domains, hosts;
  for (const board::DomainEntryPtr& entry : update.domains)
    domains.push_back(render_domain(*entry));
  for (const board::HostEntryPtr& entry : update.hosts) hosts.push_back(render_host(*entry));

  std::lock_guard lock(mutex_);
  for (const std::string& name : update.removed_domains) remove(domains_, name);
  for (const std::string& name : update.removed_hosts) remove(hosts_, name);
  for (RenderedEntryPtr& entry : domains) replace(domains_, std::move(entry));
  for (RenderedEntryPtr& entry : hosts) replace(hosts_, std::move(entry));
}

void ExpositionCache::replace(Entries& entries, RenderedEntryPtr entry) {
  remove(entries, entry->name);
  entries.insert(std::move(entry));
}

void ExpositionCache::remove(Entries& entries, std::string_view name) {
  auto place = entries.find(name);
  if (place != entries.end()) entries.erase(place);
}

RenderedEntries ExpositionCache::snapshot() const {
  std::lock_guard lock(mutex_);
  RenderedEntries entries;
  entries.domains.assign(domains_.begin(), domains_.end());
  entries.hosts.assign(hosts_.begin(), hosts_.end());
  return entries;
}

std::vector<RenderedEntryPtr> ExpositionCache::only(const Entries& entries,
                                                    const std::set<std::string>& names) {
  std::vector<RenderedEntryPtr> found;
  for (const std::string& name : names)
    if (auto place = entries.find(name); place != entries.end()) found.push_back(*place);
  return found;
}

RenderedEntries ExpositionCache::snapshot_of(const std::set<std::string>& domains,
                                             const std::set<std::string>& hosts) const {
  std::lock_guard lock(mutex_);
  return {only(domains_, domains), only(hosts_, hosts)};
}

}  // namespace mtasts::present
