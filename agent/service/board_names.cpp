// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/board_names.h"

#include "base/ascii.h"
#include "present/reported_view.h"

namespace mtasts::service {
namespace {

constexpr std::chrono::seconds kIndexLife{60};
constexpr std::chrono::seconds kIncompleteIndexLife{5};  // reports may wait for it
constexpr size_t kMostDomains = 100;                     // of one MX host

// Some check could tell which MX hosts the domain has, or that it has none.
bool is_looked_up(const board::DomainEntry& entry) {
  const verdict::Report* report = entry.report.get();
  if (report == nullptr) return false;
  return report->stage(verdict::Stage::mx) != verdict::StageResult::unknown ||
         !present::known_mx_hosts(report).empty();
}

}  // namespace

bool BoardNames::is_configured(std::string_view domain) const {
  return reports_.find(domain) != nullptr;
}

std::vector<std::string> BoardNames::domains_of_mx(std::string_view host) const {
  index();
  auto found = domains_of_.find(host);
  return found == domains_of_.end() ? std::vector<std::string>() : found->second;
}

bool BoardNames::knows_mx_hosts() const {
  index();
  return complete_;
}

void BoardNames::index() const {
  auto now = std::chrono::steady_clock::now();
  if (!stale_ && now - indexed_at_ < (complete_ ? kIndexLife : kIncompleteIndexLife)) return;
  stale_ = false;  // before the snapshot
  indexed_at_ = now;
  domains_of_.clear();
  complete_ = true;
  for (const board::DomainEntryPtr& entry : reports_.snapshot().domains) {
    complete_ = complete_ && is_looked_up(*entry);
    for (const std::string& host : present::known_mx_hosts(entry->report.get())) {
      std::vector<std::string>& domains = domains_of_[ascii_lower(host)];
      bool known = !domains.empty() && domains.back() == entry->name;
      if (!known && domains.size() < kMostDomains) domains.push_back(entry->name);
    }
  }
}

}  // namespace mtasts::service
