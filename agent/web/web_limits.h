// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The limits of a web server: sizes, connections and time limits. The limit of a body is decided by
// the handler (Admission). Plain data, any thread.
#pragma once

#include <chrono>
#include <cstddef>

namespace mtasts::web {

struct WebLimits {
  std::chrono::milliseconds handshake{10000};  // of TLS
  std::chrono::milliseconds request{30000};    // from the first octet of a request to its last
  std::chrono::milliseconds idle{60000};       // between two requests of a connection
  std::chrono::milliseconds write{30000};      // one piece of a response
  std::chrono::milliseconds response{300000};  // a whole response
  std::chrono::milliseconds answer{130000};    // the handler's response, also of a probe or reload
  size_t header_bytes = 8 * 1024;
  size_t connections = 256;
  size_t client_connections = 0;  // of one client, see ClientConnections; 0: no limit of its own
  // At a limit of connections, the one that made no progress for longest gives way to a new one,
  // see ConnectionTable.
  bool closes_idle = false;
  // File descriptors kept for connections that come when the process has no other left.
  size_t reserve_descriptors = 0;
};

}  // namespace mtasts::web
