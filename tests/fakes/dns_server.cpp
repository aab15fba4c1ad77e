// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/dns_server.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

#include "fakes/dns_packet.h"

namespace mtasts::fakes {
namespace {

int open_socket(int kind, uint16_t port) {
  const int descriptor = socket(AF_INET, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int size_bytes = 4 << 20;
  setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size_bytes, sizeof size_bytes);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

uint16_t port_of(int descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

DnsServer::DnsServer(bool tcp) {
  bool opened = false;
  // The system chooses a free UDP port; the same TCP port may be in use.
  for (int attempt = 0; attempt < 50 && !opened; ++attempt) opened = open_sockets(tcp);
  if (!opened) throw std::runtime_error("no free port for the DNS server");
  wake_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

DnsServer::~DnsServer() {
  stopping_ = true;
  const uint64_t one = 1;
  if (write(wake_, &one, sizeof one) < 0) stopping_ = true;
  thread_.join();
  close_sockets();
  close(wake_);
}

settings::Endpoint DnsServer::endpoint() const {
  settings::Endpoint endpoint;
  endpoint.address = IpAddress::v4({127, 0, 0, 1});
  endpoint.port = port_;
  return endpoint;
}

settings::DnsSettings DnsServer::settings(std::chrono::milliseconds timeout, int tries) const {
  settings::DnsSettings settings;
  settings.servers = {endpoint()};
  settings.timeout = timeout;
  settings.tries = tries;
  return settings;
}

std::set<uint16_t> DnsServer::client_ports() const {
  const std::lock_guard lock(ports_mutex_);
  return client_ports_;
}

bool DnsServer::open_sockets(bool tcp) {
  udp_ = open_socket(SOCK_DGRAM, 0);
  if (udp_ < 0) return false;
  port_ = port_of(udp_);
  if (!tcp) return true;  // poll() ignores a negative descriptor
  listener_ = open_socket(SOCK_STREAM, port_);
  if (listener_ >= 0 && listen(listener_, 64) == 0) return true;
  close_sockets();
  return false;
}

void DnsServer::close_sockets() {
  for (const auto& [descriptor, connection] : connections_) close(descriptor);
  connections_.clear();
  if (listener_ >= 0) close(listener_);
  if (udp_ >= 0) close(udp_);
  listener_ = udp_ = -1;
}

void DnsServer::run() {
  while (!stopping_) {
    const int wait_ms = send_due();
    std::vector<pollfd> watched = {{wake_, POLLIN, 0}, {udp_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [descriptor, connection] : connections_) {
      const short events = connection.output.empty() ? POLLIN : POLLIN | POLLOUT;
      watched.push_back({descriptor, events, 0});
    }
    if (poll(watched.data(), watched.size(), wait_ms) < 0) continue;
    if (watched[1].revents != 0) serve_udp();
    if (watched[2].revents != 0) accept_connection();
    for (size_t i = 3; i < watched.size(); ++i) {
      const auto found = connections_.find(watched[i].fd);
      if (watched[i].revents != 0 && found != connections_.end()) {
        serve_tcp(found->first, found->second);
      }
    }
  }
}

void DnsServer::serve_udp() {
  char buffer[65536];
  for (;;) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const ssize_t got =
        recvfrom(udp_, buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&peer), &size);
    if (got < 0) return;
    {
      const std::lock_guard lock(ports_mutex_);
      client_ports_.insert(ntohs(peer.sin_port));
    }
    answer(std::string(buffer, static_cast<size_t>(got)), -1,
           std::string(reinterpret_cast<const char*>(&peer), sizeof peer));
  }
}

void DnsServer::accept_connection() {
  const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (descriptor >= 0) connections_[descriptor] = Connection{};
}

void DnsServer::serve_tcp(int descriptor, Connection& connection) {
  char buffer[65536];
  ssize_t got = 0;
  while ((got = read(descriptor, buffer, sizeof buffer)) > 0) {
    connection.input.append(buffer, static_cast<size_t>(got));
  }
  const bool gone = got == 0 || (errno != EAGAIN && errno != EINTR);
  while (connection.input.size() >= 2) {
    const size_t size = static_cast<size_t>(static_cast<uint8_t>(connection.input[0])) << 8 |
                        static_cast<uint8_t>(connection.input[1]);
    if (connection.input.size() < size + 2) break;
    const std::string query = connection.input.substr(2, size);
    connection.input.erase(0, size + 2);
    answer(query, descriptor, "");
  }
  if (!connection.output.empty()) {
    const ssize_t sent =
        ::send(descriptor, connection.output.data(), connection.output.size(), MSG_NOSIGNAL);
    if (sent > 0) connection.output.erase(0, static_cast<size_t>(sent));
  }
  if (!gone) return;
  // The descriptor number may be reused: pending replies must not go to the next connection.
  std::erase_if(delayed_, [&](const auto& entry) { return entry.second.connection == descriptor; });
  close(descriptor);
  connections_.erase(descriptor);
}

void DnsServer::answer(const std::string& query, int connection, const std::string& peer) {
  const Reply reply = DnsZone::reply(query, connection >= 0);
  if (reply.octets.empty()) return;
  Delayed ready{connection, peer, reply.octets};
  if (reply.delay.count() > 0) {
    delayed_.emplace(std::chrono::steady_clock::now() + reply.delay, std::move(ready));
  } else {
    send(ready);
  }
}

void DnsServer::send(const Delayed& reply) {
  if (reply.connection < 0) {
    sendto(udp_, reply.octets.data(), reply.octets.size(), 0,
           reinterpret_cast<const sockaddr*>(reply.peer.data()),
           static_cast<socklen_t>(reply.peer.size()));
    return;
  }
  const auto found = connections_.find(reply.connection);
  if (found == connections_.end()) return;
  found->second.output += wire_u16(static_cast<uint16_t>(reply.octets.size())) + reply.octets;
}

int DnsServer::send_due() {
  const auto now = std::chrono::steady_clock::now();
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    send(delayed_.begin()->second);
    delayed_.erase(delayed_.begin());
  }
  if (delayed_.empty()) return -1;
  const auto wait = delayed_.begin()->first - now;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(wait).count());
}

}  // namespace mtasts::fakes
