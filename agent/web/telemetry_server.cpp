// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/telemetry_server.h"

#include <fmt/format.h>

#include <utility>

#include "present/exposition.h"
#include "web/handler.h"
#include "web/host_rule.h"
#include "web/route_table.h"
#include "web/web_server.h"

namespace mtasts::web {

std::string standstill(const std::vector<Heartbeat>& heartbeats,
                       std::chrono::steady_clock::time_point now) {
  std::string names;
  for (const Heartbeat& heartbeat : heartbeats) {
    if (now - heartbeat.last_turn() <= kStandstill) continue;
    names += (names.empty() ? "" : ", ") + heartbeat.name;
  }
  if (names.empty()) return {};
  return fmt::format("Unresponsive for more than {} seconds: {}.", kStandstill.count(), names);
}

// Requests are a few hundred octets and responses fit in socket buffers: what takes longer than a
// few seconds is no scrape.
WebLimits telemetry_web_limits() {
  WebLimits limits;
  limits.request = std::chrono::seconds(5);
  limits.idle = std::chrono::seconds(10);
  limits.write = std::chrono::seconds(5);
  limits.response = std::chrono::seconds(10);
  limits.connections = 128;
  limits.client_connections = 32;
  limits.closes_idle = true;
  limits.reserve_descriptors = 8;
  return limits;
}

class TelemetryServer::Server : public Handler {
 public:
  explicit Server(TelemetryHooks hooks) : hooks_(std::move(hooks)) {}

  Result<void> start(const settings::Endpoint& listen, const WebLimits& limits);
  settings::Endpoint endpoint() const { return server_->endpoints().front(); }

  // Everything is answered from the head, so that no body is read.
  Admission admit(const HttpRequest& head) const override;
  void answer(const HttpRequest& request, const Done& done) const override {
    done(response_to(request));
  }

 private:
  RouteTable routes();
  HttpResponse response_to(const HttpRequest& request) const;
  HttpResponse metrics() const;
  HttpResponse ready() const;
  HttpResponse healthy() const;

  const TelemetryHooks hooks_;
  const RouteTable routes_ = routes();
  std::unique_ptr<WebServer> server_;  // last: its thread uses the members above
};

Result<void> TelemetryServer::Server::start(const settings::Endpoint& listen,
                                            const WebLimits& limits) {
  auto server = WebServer::start({listen}, *this, limits, "[telemetry] listen");
  if (!server) return server.failure();
  server_ = std::move(*server);
  return {};
}

Admission TelemetryServer::Server::admit(const HttpRequest& head) const {
  Admission admission;
  admission.refusal = response_to(head);
  return admission;
}

HttpResponse TelemetryServer::Server::response_to(const HttpRequest& request) const {
  if (hooks_.hosts != nullptr)
    if (auto refusal = hooks_.hosts->refusal_of(request)) return std::move(*refusal);
  HttpResponse response;
  routes_.match(request, {}).answer(request, [&response](HttpResponse answered) {
    response = std::move(answered);
  });
  return response;
}

RouteTable TelemetryServer::Server::routes() {
  auto to = [this](auto member) {
    return [this, member](const RoutedRequest&, const Done& done) { done((this->*member)()); };
  };
  return RouteTable({{"GET", "/metrics", to(&Server::metrics)},
                     {"GET", "/-/healthy", to(&Server::healthy)},
                     {"GET", "/-/ready", to(&Server::ready)}});
}

HttpResponse TelemetryServer::Server::metrics() const {
  HttpResponse response;
  response.content_type = present::media_type_of(present::ExpositionFormat::text);
  if (hooks_.metrics) response.body = hooks_.metrics();
  return response;
}

HttpResponse TelemetryServer::Server::ready() const {
  if (!hooks_.ready || hooks_.ready()) return text_response(200, "The agent is ready.");
  return text_response(503, "The first round of checks has not finished.");
}

HttpResponse TelemetryServer::Server::healthy() const {
  const std::string trouble = standstill(hooks_.heartbeats, std::chrono::steady_clock::now());
  return trouble.empty() ? text_response(200, "The agent is healthy.")
                         : text_response(503, trouble);
}

TelemetryServer::TelemetryServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
TelemetryServer::~TelemetryServer() = default;

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::start(const settings::Endpoint& listen,
                                                                TelemetryHooks hooks,
                                                                WebLimits limits) {
  auto server = std::make_unique<Server>(std::move(hooks));
  if (auto started = server->start(listen, limits); !started) return started.failure();
  return std::make_unique<TelemetryServer>(std::move(server));
}

settings::Endpoint TelemetryServer::endpoint() const { return server_->endpoint(); }

}  // namespace mtasts::web
