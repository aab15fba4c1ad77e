// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "service/board_names.h"

#include "base/ascii.h"

namespace mtasts::service {
namespace {

constexpr std::chrono::minutes kIndexLife{1};
constexpr size_t kMostDomains = 100;  // of one MX host

}  // namespace

bool BoardNames::is_configured(std::string_view domain) const {
  return reports_.find(domain) != nullptr;
}

std::vector<std::string> BoardNames::domains_of_mx(std::string_view host) const {
  index();
  auto found = domains_of_.find(host);
  return found == domains_of_.end() ? std::vector<std::string>() : found->second;
}

void BoardNames::index() const {
  auto now = std::chrono::steady_clock::now();
  if (indexed_at_ != std::chrono::steady_clock::time_point() && now - indexed_at_ < kIndexLife)
    return;
  indexed_at_ = now;
  domains_of_.clear();
  for (const board::DomainEntryPtr& entry : reports_.snapshot().domains) {
    if (entry->report == nullptr) continue;
    for (const verdict::MxReport& mx : entry->report->mx) {
      std::vector<std::string>& domains = domains_of_[ascii_lower(mx.host)];
      bool known = !domains.empty() && domains.back() == entry->name;
      if (!known && domains.size() < kMostDomains) domains.push_back(entry->name);
    }
  }
}

}  // namespace mtasts::service
