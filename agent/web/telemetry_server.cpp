// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/telemetry_server.h"

#include <civetweb.h>
#include <fmt/format.h>

#include <array>
#include <exception>
#include <mutex>
#include <string_view>
#include <utility>

#include "base/ip_address.h"
#include "base/printable.h"
#include "present/exposition.h"
#include "web/gzip.h"

namespace mtasts::web {
namespace {

constexpr std::string_view kPlainType = "text/plain; charset=utf-8";

struct Answer {
  int status = 200;
  std::string_view type = kPlainType;
  std::string body;
  std::string_view allow;
};

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

struct StopContext {
  void operator()(mg_context* context) const { mg_stop(context); }
};

// Turns "127.0.0.1:10059" down when this CivetWeb cannot have it.
std::string fault_in(const std::string& listen) {
  size_t colon = listen.rfind(':');
  Result<IpAddress> address = IpAddress::parse(listen.substr(0, colon));
  if (colon == std::string::npos || !address.ok() || address->family() != AddressFamily::ipv4)
    return fmt::format(
        "cannot listen on {}: [telemetry] listen must be an IPv4 address and a port, such as "
        "\"0.0.0.0:10059\"",
        printable(listen, 100));
  return {};
}

}  // namespace

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

class TelemetryServer::Server {
 public:
  explicit Server(TelemetryHooks hooks) : hooks_(std::move(hooks)) {}

  // Empty: it serves; else the sentence that says why not.
  std::string start(const std::string& listen);
  uint16_t port() const;

 private:
  // CivetWeb's callbacks; their user data is the Server.
  static int on_request(mg_connection* connection);
  static int respond(mg_connection* connection);
  static int on_message(const mg_connection* connection, const char* message);

  Answer answer(std::string_view method, std::string_view uri) const;

  const TelemetryHooks hooks_;
  std::mutex mutex_;
  std::string last_message_;                          // under mutex_
  std::unique_ptr<mg_context, StopContext> context_;  // last: its threads use what is above
};

std::string TelemetryServer::Server::start(const std::string& listen) {
  std::string fault = fault_in(listen);
  if (!fault.empty()) return fault;
  // Two scrapes and two health checks at once are plenty; a client that stalls costs one thread
  // for the timeout.
  std::array<const char*, 9> options = {
      "listening_ports",   listen.c_str(), "num_threads", "4", "request_timeout_ms", "5000",
      "enable_keep_alive", "no",           nullptr};
  mg_callbacks callbacks{};
  callbacks.begin_request = on_request;
  callbacks.log_message = on_message;
  mg_init_data init{&callbacks, this, options.data()};
  std::array<char, 256> text{};
  unsigned code = 0;
  mg_error_data error{&code, text.data(), text.size()};
  context_.reset(mg_start2(&init, &error));
  if (context_ != nullptr) return {};
  std::lock_guard lock(mutex_);
  return fmt::format("cannot listen on {}: {}; set [telemetry] listen to a free address and port",
                     listen, last_message_.empty() ? text.data() : last_message_);
}

uint16_t TelemetryServer::Server::port() const {
  std::array<mg_server_port, 1> ports{};
  if (mg_get_server_ports(context_.get(), static_cast<int>(ports.size()), ports.data()) < 1)
    return 0;
  return static_cast<uint16_t>(ports[0].port);
}

int TelemetryServer::Server::on_message(const mg_connection* connection, const char* message) {
  auto* server = static_cast<Server*>(mg_get_user_data(mg_get_context(connection)));
  if (server == nullptr || message == nullptr) return 1;
  std::lock_guard lock(server->mutex_);
  // The first is the cause; what follows says that the start failed.
  if (server->last_message_.empty()) server->last_message_ = printable(message, 200);
  return 1;
}

Answer TelemetryServer::Server::answer(std::string_view method, std::string_view uri) const {
  Answer answer;
  if (uri != "/metrics" && uri != "/-/healthy" && uri != "/-/ready") {
    answer.status = 404;
    answer.body = "Not found.\n";
  } else if (method != "GET" && method != "HEAD") {
    answer.status = 405;
    answer.allow = "GET, HEAD";
    answer.body = "Only GET, HEAD are allowed.\n";
  } else if (uri == "/metrics") {
    answer.type = present::kExpositionType;
    if (hooks_.metrics) answer.body = hooks_.metrics();
  } else if (uri == "/-/ready") {
    bool ready = !hooks_.ready || hooks_.ready();
    answer.status = ready ? 200 : 503;
    answer.body = ready ? "The agent is ready.\n" : "The first round of checks has not finished.\n";
  } else {
    std::string trouble = standstill(hooks_.heartbeats, std::chrono::steady_clock::now());
    answer.status = trouble.empty() ? 200 : 503;
    answer.body = trouble.empty() ? "The agent is healthy.\n" : trouble + "\n";
  }
  return answer;
}

int TelemetryServer::Server::on_request(mg_connection* connection) {
  // The caller is C: an exception (there is only the one of memory running out) must not reach it.
  try {
    return respond(connection);
  } catch (const std::exception&) {
    return 500;
  }
}

int TelemetryServer::Server::respond(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* server = static_cast<const Server*>(mg_get_user_data(mg_get_context(connection)));
  if (request == nullptr || server == nullptr || request->local_uri == nullptr ||
      request->request_method == nullptr)
    return 400;
  std::string_view method = request->request_method;
  Answer answer = server->answer(method, request->local_uri);
  const char* encodings = mg_get_header(connection, "Accept-Encoding");
  std::string extra;
  if (encodings != nullptr && answer.body.size() > 1024 && accepts_gzip(encodings)) {
    std::string packed = gzipped(answer.body);
    if (!packed.empty()) {
      answer.body = std::move(packed);
      extra = "Content-Encoding: gzip\r\n";
    }
  }
  if (!answer.allow.empty()) extra += fmt::format("Allow: {}\r\n", answer.allow);
  std::string message = fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n{}Vary: Accept-Encoding\r\n"
      "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
      answer.status, reason_of(answer.status), answer.type, answer.body.size(), extra);
  if (method != "HEAD") message += answer.body;
  mg_write(connection, message.data(), message.size());
  return answer.status;
}

TelemetryServer::TelemetryServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
TelemetryServer::~TelemetryServer() = default;

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::start(const std::string& listen,
                                                                TelemetryHooks hooks) {
  auto server = std::make_unique<Server>(std::move(hooks));
  std::string trouble = server->start(listen);
  if (!trouble.empty()) return Failure{FailureKind::io, std::move(trouble)};
  return std::make_unique<TelemetryServer>(std::move(server));
}

uint16_t TelemetryServer::port() const { return server_->port(); }

}  // namespace mtasts::web
