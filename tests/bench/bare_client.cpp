// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/bare_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace mtasts::bench {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* session) const { SSL_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL, Free>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(std::string("bare client: ") + what);
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double own_cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Connection {
 public:
  Connection(const Peer& peer, uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in there{};
    there.sin_family = AF_INET;
    there.sin_port = htons(port);
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    require(inet_pton(AF_INET, peer.address.c_str(), &there.sin_addr) == 1, "bad address");
    require(connect(socket_, reinterpret_cast<sockaddr*>(&there), sizeof there) == 0,
            "cannot connect");
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void secure(SSL_CTX* context, const std::string& host) {
    session_.reset(SSL_new(context));
    require(session_ && SSL_set_fd(session_.get(), socket_) == 1, "cannot make a session");
    SSL_set_tlsext_host_name(session_.get(), host.c_str());
    SSL_set1_host(session_.get(), host.c_str());
    require(SSL_connect(session_.get()) == 1, "handshake or verification failed");
  }

  void say(std::string_view text) {
    const int size = static_cast<int>(text.size());
    const bool sent = session_ ? SSL_write(session_.get(), text.data(), size) == size
                               : send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == size;
    require(sent, "cannot write");
  }

  // Reads until `mark` is received.
  void read_until(std::string_view mark) {
    std::string text;
    while (text.find(mark) == std::string::npos) {
      std::array<char, 4096> block{};
      const ssize_t got =
          session_ ? SSL_read(session_.get(), block.data(), static_cast<int>(block.size()))
                   : recv(socket_, block.data(), block.size(), 0);
      require(got > 0, "the peer did not say what it should");
      text.append(block.data(), static_cast<size_t>(got));
    }
  }

  void part() { SSL_shutdown(session_.get()); }

 private:
  int socket_;
  Session session_;
};

void get_policy(SSL_CTX* context, const Peer& peer, uint16_t port) {
  Connection connection(peer, port);
  connection.secure(context, peer.name);
  connection.say("GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: " + peer.name +
                 "\r\nConnection: close\r\n\r\n");
  connection.read_until("max_age: 604800\r\n");
  connection.part();
}

void greet(SSL_CTX* context, const Peer& peer, uint16_t port) {
  Connection connection(peer, port);
  connection.read_until("220 ");
  connection.say("EHLO bench.test\r\n");
  connection.read_until("250 ");
  connection.say("STARTTLS\r\n");
  connection.read_until("220 ");
  connection.secure(context, peer.name);
  connection.say("EHLO bench.test\r\n");
  connection.read_until("250 ");
  connection.say("QUIT\r\n");
  connection.read_until("221 ");
  connection.part();
}

}  // namespace

double BareClient::spend(const World& world, size_t rounds) const {
  const Context context(SSL_CTX_new(TLS_client_method()));
  require(context && SSL_CTX_load_verify_file(context.get(), ca_file.c_str()) == 1,
          "cannot read the bundle");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  const double begin = own_cpu_seconds();
  for (size_t round = 0; round < rounds; ++round) {
    for (const Domain& domain : world.domains()) {
      get_policy(context.get(), domain.policy_host, https_port);
      for (const Peer& host : domain.mx_hosts) greet(context.get(), host, smtp_port);
    }
  }
  return own_cpu_seconds() - begin;
}

}  // namespace mtasts::bench
