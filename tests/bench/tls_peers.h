// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsPeers: a policy server and an MX with STARTTLS for any name, on all of 127/8, as cheap as
// blocking threads allow. The name comes from SNI; its certificate, with a chain like Let's
// Encrypt's (P-256 leaf, P-384 intermediate, RSA-4096 root), is issued at its first handshake and
// kept. Counts what it served, so that a client that skips a handshake is detected. Any thread.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::bench {

class CertificatePool;

struct TlsCounts {
  uint64_t policies = 0;    // answered GETs
  uint64_t deliveries = 0;  // completed STARTTLS dialogues
  uint64_t resumed = 0;     // abbreviated handshakes
};

class TlsPeers {
 public:
  // The body for a policy host; empty: 404.
  using PolicyOf = std::function<std::string(std::string_view host)>;

  // Threads run until the process ends; throws std::runtime_error when no port is available.
  explicit TlsPeers(PolicyOf policy_of);
  ~TlsPeers();
  TlsPeers(const TlsPeers&) = delete;
  TlsPeers& operator=(const TlsPeers&) = delete;

  uint16_t https_port() const { return https_port_; }
  uint16_t smtp_port() const { return smtp_port_; }
  const std::string& root_pem() const;
  TlsCounts counts() const;

 private:
  struct ContextFree {
    void operator()(SSL_CTX* context) const;
  };

  void accept_for_ever(int listener, void (TlsPeers::*serve)(int));
  void serve_https(int socket);
  void serve_smtp(int socket);

  PolicyOf policy_of_;
  std::unique_ptr<CertificatePool> cabinet_;
  std::unique_ptr<SSL_CTX, ContextFree> context_;
  uint16_t https_port_ = 0;
  uint16_t smtp_port_ = 0;
  std::atomic<uint64_t> policies_{0};
  std::atomic<uint64_t> deliveries_{0};
  std::atomic<uint64_t> resumed_{0};
};

}  // namespace mtasts::bench
