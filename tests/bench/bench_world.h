// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The world of the benchmark: healthy mail domains, each with a policy host of its own, and the MX
// hosts they use, every host with an address of its own in 127/8. Pure but for fill(). Names and
// addresses follow from the numbers alone, so that servers and clients agree without talking.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fakes/dns_zone.h"

namespace mtasts::bench {

struct Peer {
  std::string name;
  std::string address;
};

struct Domain {
  std::string name;
  Peer policy_host;
  std::vector<Peer> mx_hosts;  // two
};

class World {
 public:
  // `mx_hosts` in all, at least two; domains take them in turn.
  World(size_t domains, size_t mx_hosts);

  const std::vector<Domain>& domains() const { return domains_; }
  void fill(fakes::DnsZone& zone) const;

 private:
  std::vector<Domain> domains_;
  std::vector<Peer> mx_hosts_;
};

// The policy of a domain that does everything right.
std::string policy_text(const Domain& domain);

}  // namespace mtasts::bench
