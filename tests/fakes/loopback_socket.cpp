// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/loopback_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace mtasts::fakes {
namespace {

void demand(int result, const char* what) {
  if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in6 address_6(uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  address.sin6_addr = in6addr_loopback;
  return address;
}

sockaddr_in address_4(const std::string& text, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  bool loopback = ::inet_pton(AF_INET, text.c_str(), &address.sin_addr) == 1 &&
                  ntohl(address.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  if (!loopback) throw std::system_error(EADDRNOTAVAIL, std::generic_category(), text);
  return address;
}

}  // namespace

int bind_on_loopback(const std::string& address, uint16_t port) {
  // As in the agent's main(): OpenSSL writes without MSG_NOSIGNAL, on both sides of a test.
  std::signal(SIGPIPE, SIG_IGN);
  bool six = address == "::1";
  sockaddr_in6 local_6 = address_6(port);
  sockaddr_in local_4 = address_4(six ? "127.0.0.1" : address, port);
  int socket = ::socket(six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  demand(socket, "socket");
  // A requested port may still be in TIME_WAIT from an earlier server.
  int on = port == 0 ? 0 : 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  demand(six ? ::bind(socket, reinterpret_cast<sockaddr*>(&local_6), sizeof local_6)
             : ::bind(socket, reinterpret_cast<sockaddr*>(&local_4), sizeof local_4),
         "bind");
  return socket;
}

int listen_on_loopback(const std::string& address, int backlog, uint16_t port) {
  int socket = bind_on_loopback(address, port);
  demand(::listen(socket, backlog), "listen");
  return socket;
}

uint16_t port_of_socket(int socket) {
  sockaddr_storage address{};
  socklen_t size_bytes = sizeof address;
  demand(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size_bytes), "getsockname");
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

int begin_to_connect(uint16_t port) {
  int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  demand(socket, "socket");
  sockaddr_in peer = address_4("127.0.0.1", port);
  ::connect(socket, reinterpret_cast<sockaddr*>(&peer), sizeof peer);  // EINPROGRESS
  return socket;
}

void limit_lifetime(int socket, int seconds) {
  timeval limit{seconds, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void reset_socket(int socket) {
  linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void close_socket(int socket) { ::close(socket); }

}  // namespace mtasts::fakes
