// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsObserver: one SSL_CTX, one trust store and one verification cache for all probes of a settings
// generation. It observes rather than refuses: security level 0, every certificate let through,
// the chain's facts kept, so that a bad certificate is evidence too. Verification of a chain is
// remembered by the digests of what the peer sent, until the next date in the chain passes; the
// host name is checked at every probe. Loop thread only; shared_ptr holders may outlive a reload.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "protocol/x509/certificate.h"

namespace mtasts::net {

enum class TlsVersions {
  modern,  // 1.2 and newer, what a sender must offer (RFC 8461 §7.2)
  any,     // down to 1.0, to tell "old only" from "broken"
};

// What OpenSSL's callbacks for one connection fill; must outlive the connection.
struct TlsObservation {
  std::string host;              // DNS-ID asked for
  protocol::PeerChainPtr chain;  // null until a certificate came
  // OpenSSL's code of the peer's fatal alert, or of what made the handshake fail here or made us
  // send a fatal alert; 0: none. The end of the connection is not always among them.
  unsigned long error = 0;
};

class TlsObserver {
 public:
  // `ca_file` empty: the system's trust store. Fails with one sentence when it cannot be read.
  static Result<std::shared_ptr<TlsObserver>> create(const std::string& ca_file, Clock clock);
  ~TlsObserver();

  // For connections of our own: set SNI and the observation on each SSL with `attach`.
  SSL_CTX* context(TlsVersions versions) const;
  // Prepares one SSL made from context(): SNI, the observation.
  void attach(SSL* ssl, TlsObservation* observation) const;
  // Prepares somebody else's SSL_CTX (libcurl's) to share store, cache and callback.
  void adopt(SSL_CTX* context, TlsObservation* observation) const;

  size_t cache_size() const;
  size_t cache_hits() const;

 private:
  struct State;
  explicit TlsObserver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "TLS alert: handshake failure", "wrong version number", …: the words of OpenSSL's error queue,
// emptied by this call.
std::string take_tls_error();

}  // namespace mtasts::net
