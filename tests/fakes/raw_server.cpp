// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/raw_server.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "fakes/loopback_socket.h"

namespace mtasts::fakes {
namespace {

constexpr int kLifetime_seconds = 30;

struct Free {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

struct RawServer::Connection {
  int socket = -1;
  std::thread thread;
};

RawServer::RawServer(Serve serve, const std::string& address, uint16_t port)
    : serve_(std::move(serve)) {
  listener_ = listen_on_loopback(address, 512, port);
  port_ = port_of_socket(listener_);
  acceptor_ = std::thread([this] { accept_loop(); });
}

RawServer::~RawServer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& connection : connections_) shutdown(connection->socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (const auto& connection : connections_) {
    connection->thread.join();
    close(connection->socket);
  }
}

int RawServer::accepted() const {
  std::lock_guard lock(mutex_);
  return static_cast<int>(connections_.size());
}

// Descriptors stay open until the server ends, so that shutdown() never hits a reused number.
void RawServer::accept_loop() {
  for (;;) {
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    std::lock_guard lock(mutex_);
    if (stopping_ || socket < 0) {
      if (socket >= 0) close(socket);
      return;
    }
    limit_lifetime(socket, kLifetime_seconds);
    connections_.push_back(std::make_unique<Connection>());
    Connection& connection = *connections_.back();
    connection.socket = socket;
    connection.thread = std::thread([this, &connection] {
      serve_(connection.socket);
      shutdown(connection.socket, SHUT_RDWR);
    });
  }
}

bool send_all(int socket, std::string_view octets) {
  while (!octets.empty()) {
    const ssize_t sent = send(socket, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    octets.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string receive_some(int socket) {
  std::array<char, 4096> buffer{};
  const ssize_t received = recv(socket, buffer.data(), buffer.size(), 0);
  return received <= 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(received));
}

bool speak_until_starttls(int socket) {
  if (!send_all(socket, "220 mx.example ESMTP\r\n") || receive_some(socket).empty()) return false;
  if (!send_all(socket, "250-mx.example\r\n250 STARTTLS\r\n")) return false;
  return receive_some(socket).starts_with("STARTTLS") && send_all(socket, "220 go ahead\r\n");
}

bool flood_after_handshake(int socket, SSL_CTX* context, const std::function<void(SSL*)>& make) {
  std::unique_ptr<SSL, Free> ssl(SSL_new(context));
  SSL_set_fd(ssl.get(), socket);
  const bool done = SSL_accept(ssl.get()) == 1;
  ERR_clear_error();
  if (!done) return false;
  BIO* written = BIO_new(BIO_s_mem());
  SSL_set0_wbio(ssl.get(), written);
  make(ssl.get());
  ERR_clear_error();
  char* octets = nullptr;
  const long size = BIO_get_mem_data(written, &octets);
  send_all(socket, std::string_view(octets, static_cast<size_t>(size)));
  receive_some(socket);  // the peer's request, then its end
  while (!receive_some(socket).empty()) {
  }
  return true;
}

}  // namespace mtasts::fakes
