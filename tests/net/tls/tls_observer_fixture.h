// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Shared by the TlsObserver tests: authorities, an observer with a settable clock, and in-memory
// handshakes with a server of a given identity, without sockets.
#pragma once

#include <gmock/gmock.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/time.h"
#include "fakes/certificate_factory.h"
#include "net/tls/tls_error.h"
#include "net/tls/tls_observer.h"

namespace mtasts::net {

struct OpensslFree {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Context = std::unique_ptr<SSL_CTX, OpensslFree>;
using Ssl = std::unique_ptr<SSL, OpensslFree>;
using Bio = std::unique_ptr<BIO, OpensslFree>;

inline Context server_context(const fakes::Identity& identity, int newest_version = 0) {
  Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX_set_security_level(context.get(), 0);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
  SSL_CTX_set_max_proto_version(context.get(), newest_version);
  const std::string& chain = identity.certificate_chain_pem;
  Bio certificates(BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size())));
  for (bool leaf = true;; leaf = false) {
    std::unique_ptr<X509, OpensslFree> certificate(
        PEM_read_bio_X509(certificates.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    if (leaf) {
      SSL_CTX_use_certificate(context.get(), certificate.get());
    } else {
      SSL_CTX_add1_chain_cert(context.get(), certificate.get());
    }
  }
  const std::string& pem = identity.private_key_pem;
  Bio keys(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::unique_ptr<EVP_PKEY, OpensslFree> key(
      PEM_read_bio_PrivateKey(keys.get(), nullptr, nullptr, nullptr));
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  SSL_CTX_set_mode(context.get(), SSL_MODE_NO_AUTO_CHAIN);
  ERR_clear_error();
  return context;
}

struct Handshake {
  bool done = false;
  TlsObservation observation;
  std::string error;
  bool hints_at_old = false;
  std::string server_name;  // as received by the server
  std::string version;
};

// Runs both sides in this thread, over a pair of memory buffers.
inline void shake(SSL* client, SSL* server, Handshake& result) {
  BIO* client_end = nullptr;
  BIO* server_end = nullptr;
  ASSERT_EQ(BIO_new_bio_pair(&client_end, 0, &server_end, 0), 1);
  SSL_set_bio(client, client_end, client_end);
  SSL_set_bio(server, server_end, server_end);
  SSL_set_connect_state(client);
  SSL_set_accept_state(server);
  for (int turn = 0; turn < 50; ++turn) {
    int client_code = SSL_do_handshake(client);
    int client_error = SSL_get_error(client, client_code);
    if (client_code != 1 && client_error != SSL_ERROR_WANT_READ) {
      unsigned long code = ERR_peek_error();
      result.hints_at_old = hints_at_old_tls(code);
      result.error = take_tls_error();
      return;
    }
    int server_code = SSL_do_handshake(server);
    ERR_clear_error();
    if (client_code == 1 && server_code == 1) {
      result.done = true;
      break;
    }
  }
  if (const char* name = SSL_get_servername(server, TLSEXT_NAMETYPE_host_name))
    result.server_name = name;
  result.version = SSL_get_version(client);
}

class TlsObserverTest : public testing::Test {
 protected:
  TlsObserverTest() : root_(fakes::CertificateAuthority::root()), inner_(root_.intermediate()) {
    observer_ = observe_with(root_.certificate_pem());
  }

  std::shared_ptr<TlsObserver> observe_with(const std::string& roots) {
    auto file = fakes::write_pem(directory_.path(), "roots.pem", roots);
    auto made = TlsObserver::create(file.string(), [this] { return now_; });
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.failure().detail);
    return *made;
  }

  Handshake probe(const fakes::Identity& identity, const std::string& host,
                  TlsVersions versions = TlsVersions::modern, int newest_of_server = 0) {
    Handshake result;
    result.observation.host = host;
    Context server = server_context(identity, newest_of_server);
    Ssl client_ssl(SSL_new(observer_->context(versions)));
    Ssl server_ssl(SSL_new(server.get()));
    observer_->attach(client_ssl.get(), &result.observation);
    shake(client_ssl.get(), server_ssl.get(), result);
    return result;
  }

  protocol::PeerChainPtr chain_of(const fakes::Identity& identity,
                                  const std::string& host = "mx.example") {
    return probe(identity, host).observation.chain;
  }

  static fakes::LeafOptions named(const std::string& name) {
    fakes::LeafOptions options;
    options.dns_names = {name};
    return options;
  }

  Time now_ = system_now();
  fakes::TemporaryDirectory directory_;
  fakes::CertificateAuthority root_;
  fakes::CertificateAuthority inner_;
  std::shared_ptr<TlsObserver> observer_;
};

}  // namespace mtasts::net
