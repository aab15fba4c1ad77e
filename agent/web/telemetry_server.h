// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TelemetryServer: serves the agent's own metrics and health over plain HTTP with CivetWeb, on
// threads of its own, so that it can report a loop that has stopped responding. Serves GET and HEAD
// of /metrics, /-/healthy and /-/ready and nothing else; reads no bodies, has no document root.
// IPv4 only: Debian's CivetWeb is built without IPv6. Threads: start() and the destructor from one;
// the functions in TelemetryHooks are called from several at once. Stopping may take two seconds,
// the interval at which CivetWeb checks for it.
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
  std::string name;  // name of the loop, shown to users
  std::function<std::chrono::steady_clock::time_point()> last_turn;
};

struct TelemetryHooks {
  std::function<std::string()> metrics;  // whole families in the text format
  std::vector<Heartbeat> heartbeats;
  std::function<bool()> ready;
};

// A loop that has not run for this long is reported as unresponsive.
inline constexpr std::chrono::seconds kStandstill{30};

// Empty while every loop responds; otherwise one sentence that names the unresponsive ones.
std::string standstill(const std::vector<Heartbeat>& heartbeats,
                       std::chrono::steady_clock::time_point now);

class TelemetryServer {
 public:
  // `listen`: "address:port"; port 0 selects a free port. The failure is one sentence.
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
  // Only for start(): no other code can create a Server.
  explicit TelemetryServer(std::unique_ptr<Server> server);
};

}  // namespace mtasts::web
