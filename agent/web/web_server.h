// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebServer: HTTP/1.1 (RFC 9112) over Boost.Beast, on its own loop and thread. Limits connections,
// header and body sizes, and sets a deadline on every read and write. Supports gzip, chunked
// bodies, HEAD, keep-alive and pipelining, and TLS. The content comes from the handler.
// Threads: start() and stop() from one; heartbeat() from any.
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

class TlsContext;  // tls_context.h

class WebServer {
 public:
  // Listens on every endpoint, or fails with one sentence that names the first endpoint that cannot
  // be used, and the setting to change. An IPv6 any-address also accepts IPv4, and becomes 0.0.0.0
  // where the machine has no IPv6. Port 0 selects a free port. The handler must outlive the server.
  // `tls`: every connection is TLS; null: none is.
  static Result<std::unique_ptr<WebServer>> start(const std::vector<settings::Endpoint>& listen,
                                                  const Handler& handler, WebLimits limits = {},
                                                  std::string_view setting = "[web] listen",
                                                  std::shared_ptr<TlsContext> tls = nullptr);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // The listening endpoints, with the actual ports.
  const std::vector<settings::Endpoint>& endpoints() const;

  // When the loop last ran; about a second ago at most while it is responsive.
  std::chrono::steady_clock::time_point heartbeat() const;

  // Closes idle connections immediately and gives responses in progress half a second. May be
  // called again.
  void stop();

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;

 public:
  // Only for start(): no other code can create a Loop.
  explicit WebServer(std::unique_ptr<Loop> loop);
};

}  // namespace mtasts::web
