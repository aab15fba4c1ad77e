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
#include <thread>
#include <utility>

#include "async/endpoint.h"
#include "base/log.h"
#include "web/connection_table.h"
#include "web/descriptor_reserve.h"
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

bool is_without_ipv6(const error_code& error) {
  return error == asio::error::address_family_not_supported ||
         error == boost::system::errc::address_not_available;
}

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
    return fmt::format(
        "this machine has no IPv6; set {} to an IPv4 address, such as \"127.0.0.1:{}\"", setting,
        port);
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
        connections_(limits_),
        reserve_(limits.reserve_descriptors),
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
  // The port; the acceptor is kept unless there was an error.
  uint16_t open(const settings::Endpoint& endpoint, error_code& error);
  asio::awaitable<void> beat();
  asio::awaitable<void> accept_from(size_t index);
  std::unique_ptr<WebStream> stream_over(tcp::socket socket);
  void take_in(tcp::socket socket);
  bool frees_descriptor(const error_code& error);
  asio::awaitable<void> serve(std::shared_ptr<WebConnection> connection);
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
  ConnectionTable connections_;
  DescriptorReserve reserve_;
  asio::steady_timer timer_;
  std::atomic<steady_clock::rep> beat_{steady_clock::now().time_since_epoch().count()};
  bool stopping_ = false;  // loop thread
  std::thread thread_;
};

Result<void> WebServer::Loop::listen(const settings::Endpoint& endpoint, std::string_view setting) {
  error_code error;
  settings::Endpoint real = endpoint;
  real.port = open(real, error);
  // Where the kernel has no IPv6, all addresses of the machine are its IPv4 addresses.
  if (is_without_ipv6(error) && endpoint.address == IpAddress::v6({})) {
    real.address = IpAddress::v4({});
    real.port = open({real.address, endpoint.port}, error);
  }
  if (error)
    return Failure{may_pass(error) ? FailureKind::not_yet : FailureKind::io,
                   fmt::format("cannot listen on {}: {}; {}", endpoint.text(), error.message(),
                               advice_for(error, setting, endpoint.port))};
  endpoints_.push_back(real);
  return {};
}

uint16_t WebServer::Loop::open(const settings::Endpoint& endpoint, error_code& error) {
  tcp::endpoint local = endpoint_of(endpoint.address, endpoint.port);
  tcp::acceptor acceptor(io_);
  error = {};
  acceptor.open(local.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && local.address().is_v6() && local.address().is_unspecified())
    acceptor.set_option(asio::ip::v6_only(false), error);
  if (!error) acceptor.bind(local, error);
  if (!error) acceptor.listen(tcp::acceptor::max_listen_connections, error);
  tcp::endpoint bound;
  if (!error) bound = acceptor.local_endpoint(error);
  if (!error) acceptors_.push_back(std::move(acceptor));
  return bound.port();
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
    reserve_.refill();
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
    if (!error) {
      take_in(std::move(socket));
    } else if (!frees_descriptor(error)) {
      pause.expires_after(kAcceptPause);
      co_await pause.async_wait(token);
    }
  }
}

// Without a place, the new one is closed.
void WebServer::Loop::take_in(tcp::socket socket) try {
  error_code error;
  const tcp::endpoint remote = socket.remote_endpoint(error);
  const IpAddress client = address_of(remote.address());  // of a peer that has left: any-address
  if (!connections_.take(client)) return;
  std::unique_ptr<WebStream> stream = stream_over(std::move(socket));
  auto connection = std::make_shared<WebConnection>(std::move(stream), handler_, limits_, handle_);
  connections_.insert(connection, client);
  asio::co_spawn(io_, serve(std::move(connection)), asio::detached);
} catch (const std::exception& broken) {
  log(LogLevel::error, "accepting a connection failed", {{"what", broken.what()}});
}

// True: the process was out of descriptors, and one is free for the next accept. Another thread may
// take it first; then the accept fails again, and the next one is released.
bool WebServer::Loop::frees_descriptor(const error_code& error) {
  if (error != asio::error::no_descriptors &&
      error != boost::system::errc::too_many_files_open_in_system)
    return false;
  return reserve_.release_one() || (limits_.closes_idle && connections_.close_longest_waiting());
}

std::unique_ptr<WebStream> WebServer::Loop::stream_over(tcp::socket socket) {
  if (tls_ == nullptr) return std::make_unique<PlainStream>(std::move(socket));
  return std::make_unique<TlsStream>(std::move(socket), tls_->current());
}

asio::awaitable<void> WebServer::Loop::serve(std::shared_ptr<WebConnection> connection) {
  try {
    co_await connection->run();
  } catch (const std::exception& broken) {
    log(LogLevel::error, "web connection failed with an exception", {{"what", broken.what()}});
  }
  connections_.remove(connection);
  reserve_.refill();
  if (stopping_ && connections_.empty()) timer_.cancel();
}

void WebServer::Loop::shut_down() {
  stopping_ = true;
  error_code ignored;
  for (tcp::acceptor& acceptor : acceptors_) acceptor.close(ignored);
  connections_.finish_all();
  timer_.cancel();
  if (connections_.empty()) return;
  timer_.expires_after(kGrace);
  timer_.async_wait([this](const error_code&) { close_all(); });
}

void WebServer::Loop::close_all() {
  connections_.close_all();
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
