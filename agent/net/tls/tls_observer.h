// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsObserver: one SSL_CTX, one trust store and one verification cache for all probes of a settings
// generation. It observes and does not reject: security level 0, every certificate accepted, the
// facts of the chain recorded, so that a bad certificate is evidence too. Only what would keep the
// loop busy ends a handshake (effort_limit.h). The verification result
// of a chain is cached by the digest of what the peer sent, until the next date in the chain
// passes; the host name is checked at every probe. Loop thread only; shared_ptr holders may outlive
// a reload.
#pragma once

#include <openssl/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "net/tls/effort_limit.h"
#include "net/tls/tls_offer.h"
#include "protocol/x509/certificate.h"

namespace mtasts::net {

// Filled by OpenSSL's callbacks for one connection; must outlive the connection.
struct TlsObservation {
  std::string host;                    // expected DNS-ID
  bool keep_presented = false;         // `presented` is wanted
  protocol::PeerChainPtr chain;        // null until a certificate was received
  std::vector<std::string> presented;  // the certificates as sent, DER, the peer's own first
  // OpenSSL's code of the fatal alert received from the peer, or of the local error that made the
  // handshake fail or a fatal alert be sent; 0: none. Closing of the connection is not always
  // recorded.
  unsigned long error = 0;
  // Other than none: the agent itself gave up, and nothing has been observed.
  TlsLimit limit = TlsLimit::none;
};

class TlsObserver {
 public:
  // `ca_file` empty: the system's trust store. Fails with one sentence when it cannot be read.
  static Result<std::shared_ptr<TlsObserver>> create(const std::string& ca_file, Clock clock);
  ~TlsObserver();

  // For connections made here: set SNI and the observation on each SSL with `attach`.
  SSL_CTX* context(TlsVersions versions) const;
  // Prepares one SSL made from context(): the observation, SNI and algorithms as offered.
  void attach(SSL* ssl, TlsObservation* observation, const TlsOffer& offer = {}) const;
  // Prepares an external SSL_CTX (libcurl's) to share trust store, cache and callback.
  void adopt(SSL_CTX* context, TlsObservation* observation) const;

  // For a message callback (SSL_set_msg_callback) other than the context's own, which does the
  // same: makes a handshake fail whose key exchange has too large a group.
  static void refuse_large_group(int sent, int content_type, const void* octets, size_t size_bytes,
                                 SSL* ssl);

  size_t cache_size() const;
  size_t cache_hits() const;

 private:
  struct State;
  explicit TlsObserver(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "TLS alert: handshake failure", "wrong version number", …: the text of OpenSSL's error queue,
// which this call empties.
std::string take_tls_error();

}  // namespace mtasts::net
