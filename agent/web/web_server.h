// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The web server: HTTP/1.1 (RFC 9112) over Boost.Beast on a loop and a thread of its own. Bounded:
// connections, header and body sizes, and a deadline on every read and write; gzip when asked,
// chunked bodies for what comes piece by piece, HEAD, keep-alive, pipelining. What it serves is the
// handler's word. Does not do TLS. Threads: start() and stop() from one; heartbeat() from any.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "settings/settings.h"
#include "web/handler.h"
#include "web/web_limits.h"

namespace mtasts::web {

class WebServer {
 public:
  // Listens on every endpoint, or fails with one sentence that names the first that cannot be
  // had, and the setting to change. An IPv6 any-address takes IPv4 too. Port 0: any. The handler
  // must outlive the server.
  static Result<std::unique_ptr<WebServer>> start(const std::vector<settings::Endpoint>& listen,
                                                  const Handler& handler, WebLimits limits = {},
                                                  std::string_view setting = "[web] listen");
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
