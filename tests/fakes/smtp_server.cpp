// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/smtp_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>

#include "fakes/loopback_socket.h"
#include "fakes/smtp_session.h"

namespace mtasts::fakes {
namespace {

constexpr int kMostConnections = 600;

}  // namespace

std::string tls_alert(uint8_t description) {
  return std::string("\x15\x03\x03\x00\x02\x02", 6) + static_cast<char>(description);
}

struct SmtpServer::State : SmtpSessionObserver {
  int listener = -1;
  uint16_t port = 0;
  ScriptOf script_of;
  std::thread acceptor;

  mutable std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  std::vector<std::thread> sessions;
  std::set<int> open;
  int connections = 0;
  int most_at_once = 0;
  std::array<bool, 6> reached{};
  std::vector<std::string> commands;
  std::vector<std::string> server_names;

  void accept_all();
  void serve(int socket, int number);

  void on_moment(SmtpMoment moment) override {
    std::lock_guard lock(mutex);
    reached[static_cast<size_t>(moment)] = true;
  }
  void on_command(const std::string& line) override {
    std::lock_guard lock(mutex);
    commands.push_back(line);
  }
  void on_server_name(const std::string& name) override {
    std::lock_guard lock(mutex);
    server_names.push_back(name);
  }
  bool pause(std::chrono::milliseconds duration) override {
    std::unique_lock lock(mutex);
    return !stopped.wait_for(lock, duration, [this] { return stopping; });
  }
};

void SmtpServer::State::accept_all() {
  for (;;) {
    int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex);
    if (socket < 0 || stopping) {
      if (socket >= 0) close_socket(socket);
      if (stopping) return;
      continue;
    }
    ++connections;
    if (connections > kMostConnections) {
      close_socket(socket);
      continue;
    }
    open.insert(socket);
    most_at_once = std::max(most_at_once, static_cast<int>(open.size()));
    sessions.emplace_back(&State::serve, this, socket, connections);
  }
}

void SmtpServer::State::serve(int socket, int number) {
  SmtpScript script = script_of(number);
  bool reset = SmtpSession(socket, script, *this).run();
  std::lock_guard lock(mutex);
  open.erase(socket);
  if (reset) reset_socket(socket);
  close_socket(socket);
}

SmtpServer::SmtpServer(SmtpScript script, const std::string& address, uint16_t port)
    : SmtpServer([script = std::move(script)](int) { return script; }, address, port) {}

SmtpServer::SmtpServer(ScriptOf script_of, const std::string& address, uint16_t port)
    : state_(std::make_unique<State>()) {
  state_->script_of = std::move(script_of);
  state_->listener = listen_on_loopback(address, 512, port);
  state_->port = port_of_socket(state_->listener);
  state_->acceptor = std::thread(&State::accept_all, state_.get());
}

SmtpServer::~SmtpServer() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    for (int socket : state_->open) ::shutdown(socket, SHUT_RDWR);
    ::shutdown(state_->listener, SHUT_RDWR);
  }
  state_->stopped.notify_all();
  state_->acceptor.join();
  for (std::thread& session : state_->sessions) session.join();
  close_socket(state_->listener);
}

uint16_t SmtpServer::port() const { return state_->port; }

int SmtpServer::connections() const {
  std::lock_guard lock(state_->mutex);
  return state_->connections;
}

int SmtpServer::most_at_once() const {
  std::lock_guard lock(state_->mutex);
  return state_->most_at_once;
}

int SmtpServer::open_connections() const {
  std::lock_guard lock(state_->mutex);
  return static_cast<int>(state_->open.size());
}

bool SmtpServer::reached(SmtpMoment moment) const {
  std::lock_guard lock(state_->mutex);
  return state_->reached[static_cast<size_t>(moment)];
}

std::vector<std::string> SmtpServer::commands() const {
  std::lock_guard lock(state_->mutex);
  return state_->commands;
}

std::vector<std::string> SmtpServer::server_names() const {
  std::lock_guard lock(state_->mutex);
  return state_->server_names;
}

RefusingPort::RefusingPort() : socket_(bind_on_loopback("127.0.0.1")) {
  port_ = port_of_socket(socket_);  // bound, but not listening
}

RefusingPort::~RefusingPort() { close_socket(socket_); }

DeafPort::DeafPort() : listener_(listen_on_loopback("127.0.0.1", 0)) {
  port_ = port_of_socket(listener_);
  // A queue of length 0 takes one connection; later ones are not answered.
  for (int count = 0; count < 4; ++count) queued_.push_back(begin_to_connect(port_));
}

DeafPort::~DeafPort() {
  for (int socket : queued_) close_socket(socket);
  close_socket(listener_);
}

}  // namespace mtasts::fakes
