// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A server on loopback that leaves each connection to a function, with a thread for each. Also what
// hostile peers send, bounded. Destruction closes open connections and joins every thread. Any
// thread.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace mtasts::fakes {

class RawServer {
 public:
  using Serve = std::function<void(int socket)>;

  // `address` is in 127/8; port 0: a free one. Throws when it cannot listen there.
  explicit RawServer(Serve serve, const std::string& address = "127.0.0.1", uint16_t port = 0);
  ~RawServer();
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  uint16_t port() const { return port_; }
  int accepted() const;

 private:
  struct Connection;
  void accept_loop();

  Serve serve_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards the members below
  std::list<std::unique_ptr<Connection>> connections_;
  bool stopping_ = false;
  std::thread acceptor_;
};

// Sends all; false when the peer is gone. A socket has a timeout of 30 seconds.
bool send_all(int socket, std::string_view octets);
// What the peer has sent by now; waits for the first octet. Empty: the peer is gone.
std::string receive_some(int socket);

// Plays an SMTP server up to the 220 to STARTTLS; true: TLS is next.
bool speak_until_starttls(int socket);

// What a server sends that has completed a handshake as `context` says: `make` writes into the
// session, and what it wrote goes out in one piece. False: no handshake.
bool flood_after_handshake(int socket, SSL_CTX* context, const std::function<void(SSL*)>& make);

}  // namespace mtasts::fakes
