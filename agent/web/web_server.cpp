// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_server.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <set>
#include <thread>
#include <utility>

#include "async/endpoint.h"
#include "base/log.h"
#include "web/client_connections.h"
#include "web/loop_handle.h"
#include "web/plain_stream.h"
#include "web/tls_context.h"
#include "web/tls_stream.h"
#include "web/web_connection.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBeat{1000};
// Pause after a failed accept (out of descriptors, for example), so that the loop does not spin.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::chrono::milliseconds kGrace{500};

// Another program may end, and an address may be given to this machine later.
bool may_pass(const error_code& error) {
  return error == asio::error::address_in_use ||
         error == error_code(EADDRNOTAVAIL, boost::system::system_category());
}

std::string advice_for(const error_code& error, std::string_view setting, uint16_t port) {
  if (error == asio::error::address_in_use)
    return fmt::format("stop the program that has the port, or set {} to another one", setting);
  if (error == asio::error::access_denied)
    return fmt::format("set {} to a port above 1023", setting);
  if (error == asio::error::address_family_not_supported)
    return fmt::format("this machine has no IPv6; set {} to \"0.0.0.0:{}\"", setting, port);
  return fmt::format("set {} to an address of this machine", setting);
}

}  // namespace

class WebServer::Loop {
 public:
  Loop(const Handler& handler, WebLimits limits, std::shared_ptr<TlsContext> tls)
      : handler_(handler),
        limits_(limits),
        tls_(std::move(tls)),
        handle_(std::make_shared<LoopHandle>(io_)),
        clients_(limits.client_connections),
        timer_(io_) {}
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // FailureKind::not_yet: the address is in use, or not there yet.
  Result<void> listen(const settings::Endpoint& endpoint, std::string_view setting);
  void start();
  void stop();

  const std::vector<settings::Endpoint>& endpoints() const { return endpoints_; }
  steady_clock::time_point heartbeat() const {
    return steady_clock::time_point(steady_clock::duration(beat_.load()));
  }

 private:
  asio::awaitable<void> beat();
  asio::awaitable<void> accept_from(size_t index);
  std::unique_ptr<WebStream> stream_over(tcp::socket socket);
  IpAddress client_of(const tcp::socket& socket) const;
  bool has_place();
  void close_longest_idle();
  asio::awaitable<void> serve(std::shared_ptr<WebConnection> connection, IpAddress client);
  void run();
  void shut_down();
  void close_all();

  const Handler& handler_;
  const WebLimits limits_;
  const std::shared_ptr<TlsContext> tls_;  // null: plain TCP
  asio::io_context io_{1};
  const std::shared_ptr<LoopHandle> handle_;
  std::vector<tcp::acceptor> acceptors_;
  std::vector<settings::Endpoint> endpoints_;
  std::set<std::shared_ptr<WebConnection>> connections_;
  ClientConnections clients_;
  asio::steady_timer timer_;
  std::atomic<steady_clock::rep> beat_{steady_clock::now().time_since_epoch().count()};
  bool stopping_ = false;  // loop thread
  std::thread thread_;
};

Result<void> WebServer::Loop::listen(const settings::Endpoint& endpoint, std::string_view setting) {
  tcp::endpoint local = endpoint_of(endpoint.address, endpoint.port);
  tcp::acceptor acceptor(io_);
  error_code error;
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && local.address().is_v6() && local.address().is_unspecified())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  tcp::endpoint bound;
  if (!error) bound = acceptor.local_endpoint(error);
  if (error)
    return Failure{may_pass(error) ? FailureKind::not_yet : FailureKind::io,
                   fmt::format("cannot listen on {}: {}; {}", endpoint.text(), error.message(),
                               advice_for(error, setting, endpoint.port))};
  settings::Endpoint real = endpoint;
  real.port = bound.port();
  endpoints_.push_back(real);
  acceptors_.push_back(std::move(acceptor));
  return {};
}

void WebServer::Loop::start() {
  asio::co_spawn(io_, beat(), asio::detached);
  for (size_t i = 0; i < acceptors_.size(); ++i)
    asio::co_spawn(io_, accept_from(i), asio::detached);
  thread_ = std::thread([this] { run(); });
}

void WebServer::Loop::run() {
  while (true) {
    try {
      io_.run();
      return;
    } catch (const std::exception& broken) {
      // One connection broke an invariant or ran out of memory; the others continue.
      log(LogLevel::error, "web server failed with an exception", {{"what", broken.what()}});
    }
  }
}

asio::awaitable<void> WebServer::Loop::beat() {
  while (!stopping_) {
    beat_ = steady_clock::now().time_since_epoch().count();
    timer_.expires_after(kBeat);
    error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    co_await timer_.async_wait(token);
  }
}

asio::awaitable<void> WebServer::Loop::accept_from(size_t index) {
  tcp::acceptor& acceptor = acceptors_[index];
  asio::steady_timer pause(io_);
  while (!stopping_) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    tcp::socket socket = co_await acceptor.async_accept(token);
    if (stopping_) co_return;
    if (error) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
      continue;
    }
    const IpAddress client = client_of(socket);
    if (!has_place() || !clients_.take(client)) continue;  // closes the new one
    std::unique_ptr<WebStream> stream = stream_over(std::move(socket));
    auto connection =
        std::make_shared<WebConnection>(std::move(stream), handler_, limits_, handle_);
    connections_.insert(connection);
    asio::co_spawn(io_, serve(std::move(connection), client), asio::detached);
  }
}

std::unique_ptr<WebStream> WebServer::Loop::stream_over(tcp::socket socket) {
  if (tls_ == nullptr) return std::make_unique<PlainStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), tls_->current());
}

IpAddress WebServer::Loop::client_of(const tcp::socket& socket) const {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  return address_of(remote.address());  // of a peer that has left: the any-address
}

bool WebServer::Loop::has_place() {
  if (connections_.size() >= limits_.connections && limits_.closes_idle) close_longest_idle();
  return connections_.size() < limits_.connections;
}

// Its coroutine ends later; its place is free now.
void WebServer::Loop::close_longest_idle() {
  auto longest = connections_.end();
  for (auto one = connections_.begin(); one != connections_.end(); ++one) {
    if (!(*one)->idle_since()) continue;
    if (longest == connections_.end() || *(*one)->idle_since() < *(*longest)->idle_since())
      longest = one;
  }
  if (longest == connections_.end()) return;
  (*longest)->close();
  connections_.erase(longest);
}

asio::awaitable<void> WebServer::Loop::serve(std::shared_ptr<WebConnection> connection,
                                             IpAddress client) {
  try {
    co_await connection->run();
  } catch (const std::exception& broken) {
    log(LogLevel::error, "web connection failed with an exception", {{"what", broken.what()}});
  }
  connections_.erase(connection);
  clients_.give_back(client);
  if (stopping_ && connections_.empty()) timer_.cancel();
}

void WebServer::Loop::shut_down() {
  stopping_ = true;
  error_code ignored;
  for (tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
  for (const auto& connection : connections_) connection->finish();
  timer_.cancel();
  if (connections_.empty()) return;
  timer_.expires_after(kGrace);
  timer_.async_wait([this](const error_code&) { close_all(); });
}

void WebServer::Loop::close_all() {
  for (const auto& connection : connections_) connection->close();
  io_.stop();
}

void WebServer::Loop::stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] { shut_down(); });
  thread_.join();
  handle_->release();
}

WebServer::WebServer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
WebServer::~WebServer() = default;

Result<std::unique_ptr<WebServer>> WebServer::start(const std::vector<settings::Endpoint>& listen,
                                                    const Handler& handler, WebLimits limits,
                                                    std::string_view setting,
                                                    std::shared_ptr<TlsContext> tls) {
  auto loop = std::make_unique<Loop>(handler, limits, std::move(tls));
  for (const settings::Endpoint& endpoint : listen) {
    if (auto listening = loop->listen(endpoint, setting); !listening) return listening.failure();
  }
  loop->start();
  return std::make_unique<WebServer>(std::move(loop));
}

const std::vector<settings::Endpoint>& WebServer::endpoints() const { return loop_->endpoints(); }
steady_clock::time_point WebServer::heartbeat() const { return loop_->heartbeat(); }
void WebServer::stop() { loop_->stop(); }

}  // namespace mtasts::web
