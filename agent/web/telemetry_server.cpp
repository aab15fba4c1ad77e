// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/telemetry_server.h"

#include <CivetServer.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
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

// Rejects a listen address that this CivetWeb cannot use.
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

class TelemetryServer::Server : public CivetHandler {
 public:
  explicit Server(TelemetryHooks hooks) : hooks_(std::move(hooks)) {}

  // Empty on success; otherwise one sentence that gives the reason.
  std::string start(const std::string& listen);
  uint16_t port() const;

  // CivetHandler declares each function twice, with a status and without.
  using CivetHandler::handleDelete;
  using CivetHandler::handleGet;
  using CivetHandler::handleHead;
  using CivetHandler::handleOptions;
  using CivetHandler::handlePatch;
  using CivetHandler::handlePost;
  using CivetHandler::handlePut;
  bool handleGet(CivetServer*, mg_connection* connection) override { return respond(connection); }
  bool handleHead(CivetServer*, mg_connection* connection) override { return respond(connection); }
  bool handlePost(CivetServer*, mg_connection* connection) override { return respond(connection); }
  bool handlePut(CivetServer*, mg_connection* connection) override { return respond(connection); }
  bool handleDelete(CivetServer*, mg_connection* connection) override {
    return respond(connection);
  }
  bool handleOptions(CivetServer*, mg_connection* connection) override {
    return respond(connection);
  }
  bool handlePatch(CivetServer*, mg_connection* connection) override { return respond(connection); }

 private:
  static int on_message(const mg_connection* connection, const char* message);

  Answer answer(std::string_view method, std::string_view uri) const;
  // Always true: every request gets a response.
  bool respond(mg_connection* connection) const;

  const TelemetryHooks hooks_;
  std::mutex mutex_;
  std::string last_message_;               // guarded by mutex_
  std::unique_ptr<CivetServer> listener_;  // last: its threads use the members above
};

std::string TelemetryServer::Server::start(const std::string& listen) try {
  std::string fault = fault_in(listen);
  if (!fault.empty()) return fault;
  // Enough for two scrapes and two health checks at once; a stalled client occupies one thread
  // until the timeout.
  const std::vector<std::string> options = {
      "listening_ports",    listen, "num_threads",       "4",
      "request_timeout_ms", "5000", "enable_keep_alive", "no"};
  CivetCallbacks callbacks;
  callbacks.log_message = on_message;
  listener_ = std::make_unique<CivetServer>(options, &callbacks, this);
  listener_->addHandler("**", this);
  return {};
} catch (const CivetException& refused) {
  std::lock_guard lock(mutex_);
  return fmt::format("cannot listen on {}: {}; set [telemetry] listen to a free address and port",
                     listen, last_message_.empty() ? refused.what() : last_message_);
}

uint16_t TelemetryServer::Server::port() const {
  const std::vector<int> ports = listener_->getListeningPorts();
  return ports.empty() ? uint16_t{0} : static_cast<uint16_t>(ports.front());
}

int TelemetryServer::Server::on_message(const mg_connection* connection, const char* message) {
  const auto* listener =
      static_cast<const CivetServer*>(mg_get_user_data(mg_get_context(connection)));
  if (listener == nullptr || message == nullptr) return 1;
  // CivetServer returns its context as const; it is the Server passed by start().
  auto* server = static_cast<Server*>(const_cast<void*>(listener->getUserContext()));
  std::lock_guard lock(server->mutex_);
  // The first message is the cause; later ones only report that the start failed.
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
    answer.type = present::media_type_of(present::ExpositionFormat::text);
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

bool TelemetryServer::Server::respond(mg_connection* connection) const try {
  const mg_request_info* request = mg_get_request_info(connection);
  const std::string_view method = request->request_method;
  Answer answer = this->answer(method, request->local_uri);
  const char* encodings = CivetServer::getHeader(connection, "Accept-Encoding");
  bool packed = false;
  if (encodings != nullptr && answer.body.size() > 1024 && accepts_gzip(encodings)) {
    std::string small = gzipped(answer.body);
    packed = !small.empty();
    if (packed) answer.body = std::move(small);
  }
  auto add = [connection](const char* name, std::string_view value) {
    mg_response_header_add(connection, name, value.data(), static_cast<int>(value.size()));
  };
  mg_response_header_start(connection, answer.status);
  add("Content-Type", answer.type);
  add("Content-Length", std::to_string(answer.body.size()));
  if (packed) add("Content-Encoding", "gzip");
  if (!answer.allow.empty()) add("Allow", answer.allow);
  add("Vary", "Accept-Encoding");
  add("Cache-Control", "no-store");
  add("X-Content-Type-Options", "nosniff");
  add("Connection", "close");
  mg_response_header_send(connection);
  if (method != "HEAD") mg_write(connection, answer.body.data(), answer.body.size());
  return true;
} catch (const std::exception&) {
  // The caller is C code: an exception (only std::bad_alloc is possible) must not reach it.
  return true;
}

TelemetryServer::TelemetryServer(std::unique_ptr<Server> server) : server_(std::move(server)) {}
TelemetryServer::~TelemetryServer() = default;

Result<std::unique_ptr<TelemetryServer>> TelemetryServer::start(const std::string& listen,
                                                                TelemetryHooks hooks) {
  auto server = std::make_unique<Server>(std::move(hooks));
  std::string trouble = server->start(listen);
  if (!trouble.empty()) {
    // CivetWeb has the reason as text alone.
    auto names = [&](int error) { return trouble.find(std::strerror(error)) != std::string::npos; };
    const bool may_pass = names(EADDRINUSE) || names(EADDRNOTAVAIL);
    return Failure{may_pass ? FailureKind::not_yet : FailureKind::io, std::move(trouble)};
  }
  return std::make_unique<TelemetryServer>(std::move(server));
}

uint16_t TelemetryServer::port() const { return server_->port(); }

}  // namespace mtasts::web
