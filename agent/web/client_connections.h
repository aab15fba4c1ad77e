// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ClientConnections: how many connections each client of a listener has, an IPv6 client being its
// /64. Private and loopback addresses are not counted, because they may be a proxy with many
// clients. Not synchronized: for one thread.
#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>

#include "base/ip_address.h"

namespace mtasts::web {

class ClientConnections {
 public:
  // `most`: of one client; 0: no limit, and nothing is counted.
  explicit ClientConnections(size_t most) : most_(most) {}

  // False: the client has as many as it may.
  bool take(const IpAddress& client);
  // For each take() that returned true.
  void give_back(const IpAddress& client);

  size_t clients() const { return counts_.size(); }

 private:
  const size_t most_;
  std::unordered_map<std::string, size_t> counts_;  // by network; never 0
};

}  // namespace mtasts::web
