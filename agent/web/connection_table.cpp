// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/connection_table.h"

#include <optional>
#include <string>

#include "web/client_table.h"

namespace mtasts::web {

bool ConnectionTable::take(const IpAddress& client) {
  if (connections_.size() >= limits_.connections && (!limits_.closes_idle || !close_one({})))
    return false;
  if (clients_.take(client)) return true;
  return limits_.closes_idle && close_one(outside_network(client)) && clients_.take(client);
}

bool ConnectionTable::close_longest_waiting() { return close_one({}); }

// Its coroutine ends later; its place is free now.
bool ConnectionTable::close_one(std::string_view network) {
  auto longest = connections_.end();
  std::optional<std::chrono::steady_clock::time_point> since;
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    if (!network.empty() && outside_network(one->second) != network) continue;
    const auto waiting = one->first->waiting_since();
    if (!waiting || (since && *since <= *waiting)) continue;
    longest = one;
    since = waiting;
  }
  if (longest == connections_.end()) return false;
  longest->first->close();
  clients_.give_back(longest->second);
  connections_.erase(longest);
  return true;
}

void ConnectionTable::remove(const std::shared_ptr<WebConnection>& connection) {
  const auto own = connections_.find(connection);
  if (own == connections_.end()) return;  // it gave way
  clients_.give_back(own->second);
  connections_.erase(own);
}

void ConnectionTable::finish_all() {
  for (const auto& [connection, client] : connections_) connection->finish();
}

void ConnectionTable::close_all() {
  for (const auto& [connection, client] : connections_) connection->close();
}

}  // namespace mtasts::web
