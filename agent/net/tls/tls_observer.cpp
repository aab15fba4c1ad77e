// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/tls_observer.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <exception>
#include <utility>

#include "base/handle.h"
#include "net/tls/effort_limit.h"
#include "net/tls/tls_error.h"
#include "net/tls/trust_store.h"
#include "net/tls/verification_cache.h"

namespace mtasts::net {
namespace {

using Context = Handle<SSL_CTX, SSL_CTX_free>;

// Where the observation of a connection is stored: on the SSL object, or on its SSL_CTX when
// libcurl creates the SSL.
int ssl_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}
int context_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

TlsObservation* observation_of(const SSL* ssl) {
  void* attached = SSL_get_ex_data(ssl, ssl_index());
  if (attached == nullptr) attached = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), context_index());
  return static_cast<TlsObservation*>(attached);
}

// What the peer sent: at most kLongestCertificateList_bytes together.
std::vector<std::string> presented_in(X509_STORE_CTX* verification) {
  std::vector<std::string> all;
  const STACK_OF(X509)* sent = X509_STORE_CTX_get0_untrusted(verification);
  for (int i = 0; i < sk_X509_num(sent); ++i) {
    unsigned char* der = nullptr;
    int size = i2d_X509(sk_X509_value(sent, i), &der);
    if (size <= 0) break;
    all.emplace_back(reinterpret_cast<char*>(der), static_cast<size_t>(size));
    OPENSSL_free(der);
  }
  return all;
}

// Accepts every certificate: faults are judged by the verdict.
int observe_chain(X509_STORE_CTX* verification, void* cache) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
  TlsObservation* observation = ssl == nullptr ? nullptr : observation_of(ssl);
  if (observation == nullptr) return 0;
  try {
    observation->chain =
        static_cast<VerificationCache*>(cache)->judge(verification, observation->host);
    if (observation->keep_presented) observation->presented = presented_in(verification);
  } catch (const std::exception&) {
    return 0;  // out of memory; exceptions must not cross OpenSSL's frames
  }
  if (observation->chain == nullptr) {
    observation->limit = TlsLimit::verification;
    return 0;
  }
  X509_STORE_CTX_set_error(verification, X509_V_OK);
  return 1;
}

// `alert` holds level and description (RFC 5246 §7.2). The level means nothing in TLS 1.3, where
// all but two alerts are fatal (RFC 8446 §6); the version is certain only after the handshake.
bool is_fatal(const SSL* ssl, int alert) {
  if (alert >> 8 == SSL3_AL_FATAL) return true;
  const int description = alert & 0xff;
  return SSL_is_init_finished(ssl) && SSL_version(ssl) == TLS1_3_VERSION &&
         description != SSL_AD_CLOSE_NOTIFY && description != SSL_AD_USER_CANCELLED;
}

// The code that drives the connection may remove the error from OpenSSL's queue (libcurl turns it
// into text), so it is recorded when it occurs.
void note_error(const SSL* ssl, int where, int value) {
  if (where == SSL_CB_HANDSHAKE_START) limit_reads(const_cast<SSL*>(ssl));
  unsigned long error = 0;
  if (where == SSL_CB_READ_ALERT && is_fatal(ssl, value))
    error = tls_error_of_alert(value & 0xff);
  else if ((where == SSL_CB_WRITE_ALERT && is_fatal(ssl, value)) ||
           (where == SSL_CB_CONNECT_EXIT && value <= 0))
    error = ERR_peek_error();  // 0 when the handshake is only waiting
  if (error == 0) return;
  TlsObservation* observation = observation_of(ssl);
  if (observation == nullptr) return;
  if (observation->error == 0) observation->error = error;
  const bool too_long =
      ERR_GET_LIB(error) == ERR_LIB_SSL && ERR_GET_REASON(error) == SSL_R_EXCESSIVE_MESSAGE_SIZE;
  if (too_long) observation->limit = TlsLimit::certificate_list;
}

// Sees each message before OpenSSL reads it.
void watch_message(int sent, int, int content_type, const void* octets, size_t size_bytes, SSL* ssl,
                   void*) {
  TlsObserver::refuse_large_group(sent, content_type, octets, size_bytes, ssl);
}

void configure(SSL_CTX* context, X509_STORE* store, VerificationCache* cache) {
  SSL_CTX_set1_cert_store(context, store);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_cert_verify_callback(context, observe_chain, cache);
  SSL_CTX_set_info_callback(context, note_error);
  // Level 0: a weak key or an old signature must be recorded and reported, not end the handshake.
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_max_cert_list(context, kLongestCertificateList_bytes);
  SSL_CTX_set_msg_callback(context, watch_message);
  // No resumption: a resumed session does not present a certificate.
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // One read handles one message that is no data: session tickets and key updates (RFC 8446 §4.6)
  // may come without end.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  // Most peers limited to TLS 1.0 predate RFC 5746.
  if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION)
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT);
}

Context make_context(int oldest_version, X509_STORE* store, VerificationCache* cache) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), oldest_version) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), 0) != 1)
    return nullptr;
  configure(context.get(), store, cache);
  return context;
}

// TLS 1.3 chooses the certificate by signature algorithm alone, TLS 1.2 by cipher suite as well.
void restrict_algorithms(SSL* ssl, CertificateAlgorithms algorithms) {
  switch (algorithms) {
    case CertificateAlgorithms::any:
      return;
    case CertificateAlgorithms::rsa:
      SSL_set1_sigalgs_list(ssl,
                            "rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
                            "rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512:"
                            "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512");
      SSL_set_cipher_list(ssl, "aRSA:!eNULL");
      return;
    case CertificateAlgorithms::ecdsa:
      SSL_set1_sigalgs_list(ssl,
                            "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:"
                            "ecdsa_secp521r1_sha512");
      SSL_set_cipher_list(ssl, "aECDSA:!eNULL");
      return;
  }
}

}  // namespace

struct TlsObserver::State {
  TrustStore store;
  VerificationCache cache;
  Context modern;
  Context any;

  State(TrustStore loaded, Clock clock) : store(std::move(loaded)), cache(std::move(clock)) {
    modern = make_context(TLS1_2_VERSION, store.get(), &cache);
    any = make_context(TLS1_VERSION, store.get(), &cache);
  }
};

TlsObserver::TlsObserver(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsObserver::~TlsObserver() = default;

Result<std::shared_ptr<TlsObserver>> TlsObserver::create(const std::string& ca_file, Clock clock) {
  Result<TrustStore> store = load_trust_store(ca_file);
  if (!store) return store.failure();
  auto state = std::make_unique<State>(std::move(*store), std::move(clock));
  if (!state->modern || !state->any)
    return Failure{FailureKind::io, fmt::format("cannot initialize TLS: {}",
                                                words_of_tls_error(take_tls_error_code()))};
  // make_shared cannot access the private constructor; a local class can.
  struct Observer : TlsObserver {
    explicit Observer(std::unique_ptr<State> made) : TlsObserver(std::move(made)) {}
  };
  return std::shared_ptr<TlsObserver>(std::make_shared<Observer>(std::move(state)));
}

SSL_CTX* TlsObserver::context(TlsVersions versions) const {
  return versions == TlsVersions::modern ? state_->modern.get() : state_->any.get();
}

void TlsObserver::attach(SSL* ssl, TlsObservation* observation, const TlsOffer& offer) const {
  observation->chain.reset();
  observation->presented.clear();
  observation->error = 0;
  observation->limit = TlsLimit::none;
  SSL_set_ex_data(ssl, ssl_index(), observation);
  if (offer.server_name) SSL_set_tlsext_host_name(ssl, observation->host.c_str());
  restrict_algorithms(ssl, offer.algorithms);
}

void TlsObserver::adopt(SSL_CTX* context, TlsObservation* observation) const {
  observation->chain.reset();
  observation->presented.clear();
  observation->error = 0;
  observation->limit = TlsLimit::none;
  configure(context, state_->store.get(), &state_->cache);
  SSL_CTX_set_ex_data(context, context_index(), observation);
}

void TlsObserver::refuse_large_group(int sent, int content_type, const void* octets,
                                     size_t size_bytes, SSL* ssl) {
  if (sent != 0 || content_type != SSL3_RT_HANDSHAKE || !has_large_group(ssl, octets, size_bytes))
    return;
  if (TlsObservation* observation = observation_of(ssl)) observation->limit = TlsLimit::group;
  // OpenSSL has no way to refuse before it computes. Without a modulus the message cannot be read,
  // and the handshake fails.
  auto* message = static_cast<unsigned char*>(const_cast<void*>(octets));
  message[kGroupLength] = message[kGroupLength + 1] = 0;
}

size_t TlsObserver::cache_size() const { return state_->cache.size(); }
size_t TlsObserver::cache_hits() const { return state_->cache.hits(); }

}  // namespace mtasts::net
