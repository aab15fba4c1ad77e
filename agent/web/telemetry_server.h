// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The telemetry listener: the agent's own metrics and its health, in plain HTTP over CivetWeb, on
// threads that neither loop shares, so that it can tell when a loop stands still. Serves /metrics,
// /-/healthy and /-/ready to GET and HEAD and nothing else; reads no bodies, has no document root.
// IPv4 only: this CivetWeb is built without IPv6. Threads: start() and the destructor from one;
// the functions in TelemetryHooks are called from several at once.
// Stopping may take two seconds: CivetWeb looks for it that often.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace mtasts::web {

struct Heartbeat {
  std::string name;  // of the loop, for people
  std::function<std::chrono::steady_clock::time_point()> last_turn;
};

struct TelemetryHooks {
  std::function<std::string()> metrics;  // whole families in the text format
  std::vector<Heartbeat> heartbeats;
  std::function<bool()> ready;
};

// A loop that has not turned for so long stands still.
inline constexpr std::chrono::seconds kStandstill{30};

// Empty while every loop turns; else one sentence that names those that do not.
std::string standstill(const std::vector<Heartbeat>& heartbeats,
                       std::chrono::steady_clock::time_point now);

class TelemetryServer {
 public:
  // `listen`: "address:port", port 0 for any. The failure is one sentence.
  static Result<std::unique_ptr<TelemetryServer>> start(const std::string& listen,
                                                        TelemetryHooks hooks);
  ~TelemetryServer();
  TelemetryServer(const TelemetryServer&) = delete;
  TelemetryServer& operator=(const TelemetryServer&) = delete;

  uint16_t port() const;

 private:
  class Server;
  std::unique_ptr<Server> server_;

 public:
  // For start() alone: nobody else can make a Server.
  explicit TelemetryServer(std::unique_ptr<Server> server);
};

}  // namespace mtasts::web
