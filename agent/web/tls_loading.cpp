// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/tls_loading.h"

#include <fmt/format.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <boost/asio/buffer.hpp>
#include <chrono>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

#include "base/handle.h"
#include "web/client_names.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using settings::ClientCertificates;
using settings::WebTlsSettings;

// A handshake names the authorities of clients, as far as they fit well.
constexpr size_t kMostNamedAuthorities = 32;
constexpr int kMostIntermediates = 10;

// An encrypted key must not ask a terminal for its passphrase.
int no_passphrase(char*, int, int, void*) { return 0; }

std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "unreadable";
  ERR_clear_error();
  return text;
}

// RFC 7301 §3.2: a client that offers other protocols alone, such as h2, is refused.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length,
                    const unsigned char* in, unsigned in_length, void*) {
  for (std::string_view wanted : {"http/1.1", "http/1.0"}) {
    for (unsigned at = 0; at + 1u + in[at] <= in_length; at += in[at] + 1u) {
      const std::string_view offered(reinterpret_cast<const char*>(in) + at + 1, in[at]);
      if (offered == wanted) {
        *out = in + at + 1;
        *out_length = in[at];
        return SSL_TLSEXT_ERR_OK;
      }
      if (at + 1u + in[at] == in_length) break;
    }
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

Time time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return kNever;
  return Time(std::chrono::seconds(timegm(&parts)));
}

class Loader {
 public:
  explicit Loader(const WebTlsSettings& settings)
      : settings_(settings),
        context_(std::make_shared<ssl::context>(ssl::context::tls_server)),
        native_(context_->native_handle()) {}

  Result<LoadedTls> load() {
    ERR_clear_error();
    prepare();
    for (auto step : {&Loader::use_algorithms, &Loader::use_certificate, &Loader::use_key,
                      &Loader::use_authorities})
      if (auto done = (this->*step)(); !done) return done.failure();
    ask_clients();
    const X509* certificate = SSL_CTX_get0_certificate(native_);
    if (certificate == nullptr) return unusable("cert_file", settings_.cert_file);
    return LoadedTls{context_, time_of(X509_get0_notBefore(certificate)),
                     time_of(X509_get0_notAfter(certificate))};
  }

 private:
  Failure unusable(std::string_view key, const std::string& file) const {
    const std::string name = file.empty() ? std::string() : " " + file;
    return {FailureKind::invalid,
            fmt::format("cannot use {} {}{}: {}", settings_.source, key, name, last_error())};
  }

  void prepare() {
    SSL_CTX_set_min_proto_version(native_, settings_.tls12 ? TLS1_2_VERSION : TLS1_3_VERSION);
    if (!settings_.tls13) SSL_CTX_set_max_proto_version(native_, TLS1_2_VERSION);
    SSL_CTX_set_options(native_, SSL_OP_NO_RENEGOTIATION);
    if (settings_.prefers_own_order) SSL_CTX_set_options(native_, SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(native_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(native_, no_passphrase);
    SSL_CTX_set_alpn_select_cb(native_, choose_protocol, nullptr);
  }

  Result<void> use_algorithms() {
    const WebTlsSettings& own = settings_;
    if (!own.cipher_list.empty() && SSL_CTX_set_cipher_list(native_, own.cipher_list.c_str()) != 1)
      return unusable("cipher_suites", "");
    if (!own.cipher_suites_1_3.empty() &&
        SSL_CTX_set_ciphersuites(native_, own.cipher_suites_1_3.c_str()) != 1)
      return unusable("cipher_suites", "");
    if (!own.groups.empty() && SSL_CTX_set1_groups_list(native_, own.groups.c_str()) != 1)
      return unusable("curve_preferences", "");
    return {};
  }

  Result<void> use_certificate() {
    if (settings_.cert.empty()) {
      if (SSL_CTX_use_certificate_chain_file(native_, settings_.cert_file.c_str()) == 1) return {};
      return unusable("cert_file", settings_.cert_file);
    }
    boost::system::error_code error;
    context_->use_certificate_chain(asio::buffer(settings_.cert), error);
    if (!error) return {};
    return Failure{FailureKind::invalid,
                   fmt::format("cannot use {} cert: {}", settings_.source, error.message())};
  }

  Result<void> use_key() {
    if (settings_.key.empty()) {
      if (SSL_CTX_use_PrivateKey_file(native_, settings_.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
        return unusable("key_file", settings_.key_file);
    } else {
      boost::system::error_code error;
      context_->use_private_key(asio::buffer(settings_.key), ssl::context::pem, error);
      if (error)
        return Failure{FailureKind::invalid,
                       fmt::format("cannot use {} key: {}", settings_.source, error.message())};
    }
    if (SSL_CTX_check_private_key(native_) == 1) return {};
    ERR_clear_error();
    return Failure{FailureKind::invalid,
                   fmt::format("{} key_file {} is not the key of cert_file {}", settings_.source,
                               settings_.key_file, settings_.cert_file)};
  }

  // Each certificate of the file is trusted, an intermediate or a client's own as well.
  Result<void> use_authorities() {
    const WebTlsSettings& own = settings_;
    if (own.client_ca_file.empty() && own.client_ca.empty()) return {};
    Handle<BIO, BIO_free> source(
        own.client_ca.empty()
            ? BIO_new_file(own.client_ca_file.c_str(), "r")
            : BIO_new_mem_buf(own.client_ca.data(), static_cast<int>(own.client_ca.size())));
    const auto key = own.client_ca.empty() ? "client_ca_file" : "client_ca";
    if (source == nullptr) return unusable(key, own.client_ca_file);
    size_t count = 0;
    while (true) {
      const Handle<X509, X509_free> one(
          PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr));
      if (one == nullptr) break;
      if (X509_STORE_add_cert(SSL_CTX_get_cert_store(native_), one.get()) != 1)
        return unusable(key, own.client_ca_file);
      if (++count <= kMostNamedAuthorities) SSL_CTX_add_client_CA(native_, one.get());
    }
    // Only the end of the file ends it well.
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (count == 0 || !at_end) return unusable(key, own.client_ca_file);
    ERR_clear_error();
    return {};
  }

  void ask_clients() {
    const ClientCertificates wanted = settings_.client_certificates;
    if (wanted == ClientCertificates::ignored) return;
    const bool needed = wanted == ClientCertificates::any || wanted == ClientCertificates::verified;
    const bool verified =
        wanted == ClientCertificates::verified || wanted == ClientCertificates::verified_if_given;
    context_->set_verify_mode(needed ? ssl::verify_peer | ssl::verify_fail_if_no_peer_cert
                                     : ssl::verify_peer);
    X509_VERIFY_PARAM* rules = SSL_CTX_get0_param(native_);
    X509_VERIFY_PARAM_set_depth(rules, kMostIntermediates);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT);
    // A session that is resumed would skip the look at the certificate.
    SSL_CTX_set_session_cache_mode(native_, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(native_, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(native_, 0);
    context_->set_verify_callback(
        [verified, names = settings_.client_allowed_sans](bool valid, ssl::verify_context& chain) {
          X509_STORE_CTX* store = chain.native_handle();
          if (!verified) return true;
          if (!valid || names.empty() || X509_STORE_CTX_get_error_depth(store) > 0) return valid;
          const X509* certificate = X509_STORE_CTX_get_current_cert(store);
          if (has_name_of(certificate, names)) return true;
          X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
          return false;
        });
  }

  const WebTlsSettings& settings_;
  const std::shared_ptr<ssl::context> context_;
  SSL_CTX* const native_;
};

}  // namespace

Result<LoadedTls> load_tls(const WebTlsSettings& settings) { return Loader(settings).load(); }

}  // namespace mtasts::web
