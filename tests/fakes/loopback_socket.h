// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plain sockets on loopback for scripted servers. What the system refuses throws
// std::system_error. Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace mtasts::fakes {

// Bound to a port of "::1" or any address of 127/8; port 0: a free one.
int bind_on_loopback(const std::string& address, uint16_t port = 0);
int listen_on_loopback(const std::string& address, int backlog, uint16_t port = 0);
uint16_t port_of_socket(int socket);
// Starts to connect to 127.0.0.1 and does not wait.
int begin_to_connect(uint16_t port);
// Reading and writing end after this many seconds.
void limit_lifetime(int socket, int seconds);
// The next close sends RST.
void reset_socket(int socket);
void close_socket(int socket);

}  // namespace mtasts::fakes
