// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/bench_world.h"

#include <fmt/format.h>

#include <algorithm>

namespace mtasts::bench {
namespace {

// 250 addresses in each 127.x.y/24: no octet is 0 or 255, and 127.0.0.1 stays free.
std::string address_of(size_t index) {
  return fmt::format("127.{}.{}.{}", 1 + index / 62'500, index / 250 % 250, 1 + index % 250);
}

}  // namespace

World::World(size_t domains, size_t mx_hosts) {
  mx_hosts = std::max<size_t>(mx_hosts, 2);
  for (size_t i = 0; i < mx_hosts; ++i)
    mx_hosts_.push_back({fmt::format("mx{}.mail.bench.test", i), address_of(domains + i)});
  for (size_t i = 0; i < domains; ++i) {
    Domain domain;
    domain.name = fmt::format("d{}.bench.test", i);
    domain.policy_host = {"mta-sts." + domain.name, address_of(i)};
    domain.mx_hosts = {mx_hosts_[2 * i % mx_hosts], mx_hosts_[(2 * i + 1) % mx_hosts]};
    domains_.push_back(std::move(domain));
  }
}

void World::fill(fakes::DnsZone& zone) const {
  for (const Domain& domain : domains_) {
    zone.add_txt("_mta-sts." + domain.name, "v=STSv1; id=20240101T000000;");
    zone.add_txt("_smtp._tls." + domain.name, "v=TLSRPTv1; rua=mailto:tls-reports@" + domain.name);
    zone.add_address(domain.policy_host.name, domain.policy_host.address);
    uint16_t preference = 0;
    for (const Peer& host : domain.mx_hosts) zone.add_mx(domain.name, preference += 10, host.name);
  }
  for (const Peer& host : mx_hosts_) zone.add_address(host.name, host.address);
}

std::string policy_text(const Domain& domain) {
  std::string text = "version: STSv1\r\nmode: enforce\r\n";
  for (const Peer& host : domain.mx_hosts) text += "mx: " + host.name + "\r\n";
  return text + "max_age: 604800\r\n";
}

}  // namespace mtasts::bench
