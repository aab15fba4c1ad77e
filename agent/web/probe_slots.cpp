// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/probe_slots.h"

#include <utility>

namespace mtasts::web {

struct ProbeSlots::Slot::Table {
  std::mutex mutex;
  std::map<std::string, size_t> requests;  // by domain, those with a slot
};

ProbeSlots::Slot::Slot(std::shared_ptr<Table> table, std::string domain, Refusal refusal)
    : table_(std::move(table)), domain_(std::move(domain)), refusal_(refusal) {}

ProbeSlots::Slot::~Slot() {
  if (refusal_ != Refusal::none) return;
  std::lock_guard lock(table_->mutex);
  auto place = table_->requests.find(domain_);
  if (--place->second == 0) table_->requests.erase(place);
}

ProbeSlots::ProbeSlots() : table_(std::make_shared<Slot::Table>()) {}

std::shared_ptr<ProbeSlots::Slot> ProbeSlots::take(const std::string& domain) {
  Refusal refusal = Refusal::none;
  {
    std::lock_guard lock(table_->mutex);
    auto place = table_->requests.find(domain);
    if (place == table_->requests.end() && table_->requests.size() >= kMostDomains)
      refusal = Refusal::domains;
    else if (place != table_->requests.end() && place->second >= kMostRequests)
      refusal = Refusal::requests;
    else
      ++table_->requests[domain];
  }
  return std::shared_ptr<Slot>(new Slot(table_, domain, refusal));
}

}  // namespace mtasts::web
