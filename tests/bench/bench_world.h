// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The world of the benchmark: healthy mail domains, each with its own policy host, and the MX hosts
// they use, each host with its own address in 127/8. Pure except fill(). Names and addresses are
// derived from the numbers alone, so that servers and clients agree without communication.
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
  // `mx_hosts` in total, at least two; assigned to domains in turn.
  World(size_t domains, size_t mx_hosts);

  const std::vector<Domain>& domains() const { return domains_; }
  void fill(fakes::DnsZone& zone) const;

 private:
  std::vector<Domain> domains_;
  std::vector<Peer> mx_hosts_;
};

// The policy of a domain without faults.
std::string policy_text(const Domain& domain);

}  // namespace mtasts::bench
