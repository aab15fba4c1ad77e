// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Plain loopback sockets for scripted servers. Throws std::system_error when a system call fails.
// Any thread.
#pragma once

#include <cstdint>
#include <string>

namespace mtasts::fakes {

// Bound to a port of "::1" or any address of 127/8; port 0: a free one.
int bind_on_loopback(const std::string& address, uint16_t port = 0);
int listen_on_loopback(const std::string& address, int backlog, uint16_t port = 0);
uint16_t port_of_socket(int socket);
// Starts a connection to 127.0.0.1 without waiting.
int begin_to_connect(uint16_t port);
// Sets read and write timeouts of this many seconds.
void limit_lifetime(int socket, int seconds);
// Lets the next close send RST.
void reset_socket(int socket);
void close_socket(int socket);

}  // namespace mtasts::fakes
