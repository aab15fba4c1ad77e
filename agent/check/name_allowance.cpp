// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/name_allowance.h"

namespace mtasts::check {

NameAllowance::Domain& NameAllowance::domain_now(const std::string& domain, SteadyTime now) {
  Domain& found = domains_[domain];
  if (found.names.empty() || now - found.began >= interval_) {
    found = Domain();
    found.began = now;
  }
  return found;
}

bool NameAllowance::admit(const std::string& domain, const std::string& name, SteadyTime now) {
  Domain& found = domain_now(domain, now);
  if (found.names.contains(name)) return true;
  if (found.names.size() >= kMostNames) return false;
  found.names.insert(name);
  return true;
}

bool NameAllowance::admit(const std::string& domain, const std::string& name,
                          const IpAddress& address, SteadyTime now) {
  Domain& found = domain_now(domain, now);
  found.names.insert(name);
  auto known = found.addresses.find(address);
  if (known != found.addresses.end() && known->second.contains(name)) return true;
  if (found.pairs >= kMostPairs) return false;
  if (known != found.addresses.end() && known->second.size() >= kMostNamesPerAddress) return false;
  found.addresses[address].insert(name);
  ++found.pairs;
  return true;
}

void NameAllowance::sweep(SteadyTime now) {
  std::erase_if(domains_, [&](const auto& item) { return now - item.second.began >= interval_; });
}

}  // namespace mtasts::check
