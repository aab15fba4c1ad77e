// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "check/address_selection.h"

#include <algorithm>
#include <iterator>
#include <set>

namespace mtasts::check {
namespace {

// The addresses of one family, those that may be contacted first.
std::vector<IpAddress> of_family(const std::set<IpAddress>& all, AddressFamily family,
                                 const settings::NetworkSettings& network) {
  std::vector<IpAddress> addresses;
  std::copy_if(all.begin(), all.end(), std::back_inserter(addresses),
               [&](const IpAddress& address) { return address.family() == family; });
  std::stable_partition(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
    return may_contact(address, network.allow_private_addresses);
  });
  return addresses;
}

}  // namespace

std::vector<IpAddress> select_addresses(verdict::HostAddresses& found,
                                        const settings::NetworkSettings& network, size_t limit) {
  std::set<IpAddress> all;
  for (const protocol::DnsAnswer& answer : found.answers)
    all.insert(answer.addresses.begin(), answer.addresses.end());

  std::vector<std::vector<IpAddress>> families;
  for (AddressFamily family : {AddressFamily::ipv4, AddressFamily::ipv6}) {
    std::vector<IpAddress> addresses = of_family(all, family, network);
    if (network.uses(family))
      families.push_back(std::move(addresses));
    else
      found.unused_family.insert(found.unused_family.end(), addresses.begin(), addresses.end());
  }

  std::vector<IpAddress> selected;
  size_t longest = 0;
  for (const auto& addresses : families) longest = std::max(longest, addresses.size());
  for (size_t turn = 0; turn < longest; ++turn)
    for (const auto& addresses : families) {
      if (turn >= addresses.size()) continue;
      (selected.size() < limit ? selected : found.beyond_limit).push_back(addresses[turn]);
    }
  std::sort(selected.begin(), selected.end());
  return selected;
}

}  // namespace mtasts::check
