// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ConnectionTable: the connections of a server, limited in number, in all and for each client. When
// there is no place, the connection that made no progress for longest gives way to a new one: it is
// idle, sends its request slowly, or does not read its response. One whose request the handler
// works on never does. Loop thread of the web server only.
#pragma once

#include <map>
#include <memory>

#include "base/ip_address.h"
#include "web/client_connections.h"
#include "web/web_connection.h"
#include "web/web_limits.h"

namespace mtasts::web {

class ConnectionTable {
 public:
  explicit ConnectionTable(const WebLimits& limits)
      : limits_(limits), clients_(limits.client_connections) {}

  // Takes a place for a connection of the client, which insert() or give_back() must follow. False:
  // there is none.
  bool take(const IpAddress& client);
  void give_back(const IpAddress& client) { clients_.give_back(client); }
  void insert(std::shared_ptr<WebConnection> connection, const IpAddress& client) {
    connections_.emplace(std::move(connection), client);
  }
  // One that has ended.
  void remove(const std::shared_ptr<WebConnection>& connection);
  // Closes the one that made no progress for longest; false: every request is being worked on.
  bool close_longest_waiting();

  bool empty() const { return connections_.empty(); }
  void finish_all();
  void close_all();

 private:
  using Connections = std::map<std::shared_ptr<WebConnection>, IpAddress>;  // and their clients

  // `network`: only of this client; empty: of any.
  bool close_one(std::string_view network);

  const WebLimits& limits_;
  Connections connections_;
  ClientConnections clients_;
};

}  // namespace mtasts::web
