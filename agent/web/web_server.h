// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web server: HTTP/1.1 (RFC 9112) over Boost.Beast on a loop and a thread of its own. Bounded:
// connections, header and body sizes, and a deadline on every read and write; gzip when asked,
// chunked bodies for what comes piece by piece, HEAD, keep-alive, pipelining. Routes are the
// site's. Does not do TLS. Threads: start() and stop() from one; heartbeat() from any.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "base/result.h"
#include "settings/settings.h"
#include "web/web_site.h"

namespace mtasts::web {

struct WebLimits {
  std::chrono::milliseconds request{30000};    // from its first octet to its last
  std::chrono::milliseconds idle{60000};       // between the requests of a connection
  std::chrono::milliseconds write{30000};      // of one piece of a response
  std::chrono::milliseconds response{300000};  // of a whole response
  std::chrono::milliseconds answer{130000};    // of a probe or reload, whatever it promised
  size_t header_bytes = 8 * 1024;
  size_t body_bytes = 64 * 1024;
  size_t connections = 256;
};

class WebServer {
 public:
  // Listens on every endpoint, or fails with one sentence that names the first that cannot be
  // had. An IPv6 any-address takes IPv4 too. Port 0: any. The site must outlive the server.
  static Result<std::unique_ptr<WebServer>> start(const std::vector<settings::Endpoint>& listen,
                                                  const WebSite& site, WebLimits limits = {});
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Where it listens, with the real ports.
  const std::vector<settings::Endpoint>& endpoints() const;

  // When the loop last turned; at most a second or so ago while it is well.
  std::chrono::steady_clock::time_point heartbeat() const;

  // Idle connections close at once, responses under way get half a second. May be called again.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;

 public:
  // For start() alone: nobody else can make a Loop.
  explicit WebServer(std::unique_ptr<Loop> loop);
};

}  // namespace mtasts::web
