// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsClient: one TLS session over a connected, non-blocking socket. Never waits: each call does
// what is possible now and returns what to wait for. The caller keeps ownership of the socket.
// Certificates are recorded, not rejected (TlsObserver). Loop thread only. OpenSSL writes without
// MSG_NOSIGNAL: the process must ignore SIGPIPE (main() does). Failures are values; detail() has
// the text.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "net/tls/tls_observer.h"

namespace mtasts::net {

enum class TlsProgress : uint8_t { done, want_read, want_write, closed, failed };

class TlsClient {
 public:
  // `host` is the expected identity, and used for SNI if that is offered.
  TlsClient(std::shared_ptr<const TlsObserver> observer, const TlsOffer& offer, std::string host,
            int socket);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;
  ~TlsClient();

  TlsProgress handshake();
  // done: `received_bytes` octets, at least one, were written to `buffer`.
  TlsProgress read(char* buffer, size_t size_bytes, size_t& received_bytes);
  // done: all of `octets` have been sent. Otherwise call again with the same octets.
  TlsProgress write(std::string_view octets);
  // Sends close_notify if that is possible without waiting.
  void send_close_notify();

  const std::string& detail() const { return detail_; }  // after closed or failed
  // After a failed handshake: the peer may support only older TLS versions.
  bool may_be_version() const { return may_be_version_; }

  // After a failed handshake: the beginning of the peer's reply when it was not TLS.
  const std::string& clear_text() const { return clear_text_; }

  // After a failed handshake: the agent gave up (TlsObservation).
  TlsLimit limit() const { return observation_.limit; }

  protocol::PeerChainPtr chain() const { return observation_.chain; }
  // The certificates as sent, DER, the peer's own first.
  const std::vector<std::string>& presented() const { return observation_.presented; }
  std::string version() const;  // "TLSv1.3"
  std::string cipher() const;
  bool older_than_1_2() const;

 private:
  static void note_record(int sent, int version, int content_type, const void* octets,
                          size_t size_bytes, SSL* ssl, void* self);
  TlsProgress progress_of(int result);
  void read_clear_text();

  std::shared_ptr<const TlsObserver> observer_;  // outlives ssl_, whose callbacks use it
  TlsObservation observation_;
  Handle<SSL, SSL_free> ssl_;
  std::string first_octets_;  // received from the peer
  std::string clear_text_;
  std::string detail_;
  bool may_be_version_ = false;
  bool broken_ = false;
};

}  // namespace mtasts::net
