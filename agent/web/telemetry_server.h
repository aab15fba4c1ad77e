// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TelemetryServer: serves the agent's own metrics and health over plain HTTP, by a WebServer on a
// loop and thread of its own, so that it can report a loop that has stopped responding. Serves GET
// and HEAD of /metrics, /-/healthy and /-/ready and nothing else; reads no bodies. Its limits are
// short, and a connection that makes no progress gives way to a new one, so that no client can keep
// another from asking. Threads: start() and the destructor from one; the functions in
// TelemetryHooks are called on the thread of the listener.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "settings/settings.h"
#include "web/web_limits.h"

namespace mtasts::web {

class HostRule;  // host_rule.h

struct Heartbeat {
  std::string name;  // name of the loop, shown to users
  std::function<std::chrono::steady_clock::time_point()> last_turn;
};

struct TelemetryHooks {
  std::function<std::string()> metrics;  // whole families in the text format
  std::vector<Heartbeat> heartbeats;
  std::function<bool()> ready;
  const HostRule* hosts = nullptr;  // refuses requests that it does not admit; null: none is
};

// A loop that has not run for this long is reported as unresponsive.
inline constexpr std::chrono::seconds kStandstill{30};

// Empty while every loop responds; otherwise one sentence that names the unresponsive ones.
std::string standstill(const std::vector<Heartbeat>& heartbeats,
                       std::chrono::steady_clock::time_point now);

WebLimits telemetry_web_limits();

class TelemetryServer {
 public:
  // Port 0 selects a free port. The failure is one sentence.
  static Result<std::unique_ptr<TelemetryServer>> start(const settings::Endpoint& listen,
                                                        TelemetryHooks hooks,
                                                        WebLimits limits = telemetry_web_limits());
  ~TelemetryServer();
  TelemetryServer(const TelemetryServer&) = delete;
  TelemetryServer& operator=(const TelemetryServer&) = delete;

  // With the actual address and port.
  settings::Endpoint endpoint() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;

 public:
  // Only for start(): no other code can create a Server.
  explicit TelemetryServer(std::unique_ptr<Server> server);
};

}  // namespace mtasts::web
