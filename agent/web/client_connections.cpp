// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/client_connections.h"

#include "web/client_table.h"

namespace mtasts::web {

bool ClientConnections::take(const IpAddress& client) {
  if (most_ == 0) return true;
  const std::string network = outside_network(client);
  if (network.empty()) return true;
  size_t& count = counts_[network];  // most_ is not 0, so a new one does not stay 0
  if (count >= most_) return false;
  ++count;
  return true;
}

void ClientConnections::give_back(const IpAddress& client) {
  if (most_ == 0) return;
  const auto own = counts_.find(outside_network(client));
  if (own != counts_.end() && --own->second == 0) counts_.erase(own);
}

}  // namespace mtasts::web
