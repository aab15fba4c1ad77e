// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/tls_peers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "bench/certificate_pool.h"

namespace mtasts::bench {
namespace {

constexpr int kThreadsEach = 48;  // blocking; more than the connections the agent keeps open
constexpr int kBacklog = 1024;
constexpr time_t kPatience_s = 15;
constexpr size_t kLongestLine_bytes = 4096;

struct SslFree {
  void operator()(SSL* session) const { SSL_free(session); }
};
using Session = std::unique_ptr<SSL, SslFree>;

class Socket {
 public:
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

 private:
  int descriptor_;
};

std::pair<int, uint16_t> listen_on_all() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t size = sizeof here;
  auto* address = reinterpret_cast<sockaddr*>(&here);
  if (listener < 0 || bind(listener, address, size) != 0 || listen(listener, kBacklog) != 0 ||
      getsockname(listener, address, &size) != 0)
    throw std::runtime_error("cannot listen");
  return {listener, ntohs(here.sin_port)};
}

// Serves only local clients, because it listens on every interface.
bool is_local(const sockaddr_in& peer) { return (ntohl(peer.sin_addr.s_addr) >> 24) == 127; }

void be_patient(int socket) {
  const timeval limit{kPatience_s, 0};
  const int on = 1;
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// A connection that is read and written in clear text or over TLS.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {}

  bool secure(SSL_CTX* context) {
    session_.reset(SSL_new(context));
    return session_ && SSL_set_fd(session_.get(), socket_) == 1 && SSL_accept(session_.get()) == 1;
  }
  SSL* session() const { return session_.get(); }

  bool say(std::string_view text) {
    const int size = static_cast<int>(text.size());
    if (session_) return SSL_write(session_.get(), text.data(), size) == size;
    return send(socket_, text.data(), text.size(), MSG_NOSIGNAL) == size;
  }

  // Reads up to `end`, which is not returned; empty when the peer closed or sent too much.
  std::optional<std::string> read_until(std::string_view end) {
    for (;;) {
      const size_t at = heard_.find(end);
      if (at != std::string::npos) {
        std::string text = heard_.substr(0, at);
        heard_.erase(0, at + end.size());
        return text;
      }
      std::array<char, 2048> block{};
      const ssize_t got =
          session_ ? SSL_read(session_.get(), block.data(), static_cast<int>(block.size()))
                   : recv(socket_, block.data(), block.size(), 0);
      if (got <= 0 || heard_.size() > kLongestLine_bytes) return std::nullopt;
      heard_.append(block.data(), static_cast<size_t>(got));
    }
  }

  void part() {
    if (session_) SSL_shutdown(session_.get());
  }

 private:
  int socket_;
  Session session_;
  std::string heard_;
};

int equip(SSL* session, void* cabinet) {
  const char* host = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
  if (host == nullptr) return 0;
  try {
    return static_cast<CertificatePool*>(cabinet)->equip(session, host) ? 1 : 0;
  } catch (const std::exception&) {
    return 0;
  }
}

bool is_command(const std::optional<std::string>& line, std::string_view command) {
  return line && line->starts_with(command);
}

}  // namespace

void TlsPeers::ContextFree::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

// All else is OpenSSL's default: tickets are offered, as by web servers.
TlsPeers::TlsPeers(PolicyOf policy_of)
    : policy_of_(std::move(policy_of)),
      cabinet_(std::make_unique<CertificatePool>()),
      context_(SSL_CTX_new(TLS_server_method())) {
  if (!context_) throw std::runtime_error("cannot set TLS up");
  SSL_CTX_set_cert_cb(context_.get(), equip, cabinet_.get());
  const std::array<std::pair<uint16_t*, void (TlsPeers::*)(int)>, 2> services{
      {{&https_port_, &TlsPeers::serve_https}, {&smtp_port_, &TlsPeers::serve_smtp}}};
  for (const auto& [port, serve] : services) {
    auto [listener, number] = listen_on_all();
    *port = number;
    for (int i = 0; i < kThreadsEach; ++i)
      std::thread(&TlsPeers::accept_for_ever, this, listener, serve).detach();
  }
}

TlsPeers::~TlsPeers() = default;

const std::string& TlsPeers::root_pem() const { return cabinet_->root_pem(); }

TlsCounts TlsPeers::counts() const { return {policies_, deliveries_, resumed_}; }

void TlsPeers::accept_for_ever(int listener, void (TlsPeers::*serve)(int)) {
  for (;;) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    const int accepted = accept4(listener, reinterpret_cast<sockaddr*>(&peer), &size, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    const Socket socket(accepted);
    if (!is_local(peer)) continue;
    be_patient(accepted);
    (this->*serve)(accepted);
  }
}

void TlsPeers::serve_https(int socket) {
  Line line(socket);
  if (!line.secure(context_.get())) return;
  if (!line.read_until("\r\n\r\n")) return;
  const char* host = SSL_get_servername(line.session(), TLSEXT_NAMETYPE_host_name);
  const std::string body = policy_of_(host == nullptr ? "" : host);
  const bool sent = line.say(fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n"
      "{}",
      body.empty() ? "404 Not Found" : "200 OK", body.size(), body));
  line.part();
  // Counted before the connection is closed: a client that sees the close also sees the count.
  if (SSL_session_reused(line.session()) == 1) ++resumed_;
  if (sent) ++policies_;
}

void TlsPeers::serve_smtp(int socket) {
  Line line(socket);
  line.say("220 mx.bench.test ESMTP ready\r\n");
  if (!is_command(line.read_until("\r\n"), "EHLO")) return;
  line.say("250-mx.bench.test\r\n250-SIZE 10240000\r\n250-STARTTLS\r\n250 8BITMIME\r\n");
  if (!is_command(line.read_until("\r\n"), "STARTTLS")) return;
  line.say("220 2.0.0 Ready to start TLS\r\n");
  if (!line.secure(context_.get())) return;
  if (!is_command(line.read_until("\r\n"), "EHLO")) return;
  line.say("250-mx.bench.test\r\n250-SIZE 10240000\r\n250 8BITMIME\r\n");
  if (!is_command(line.read_until("\r\n"), "QUIT")) return;
  if (SSL_session_reused(line.session()) == 1) ++resumed_;
  ++deliveries_;
  line.say("221 2.0.0 Bye\r\n");
  line.part();
}

}  // namespace mtasts::bench
