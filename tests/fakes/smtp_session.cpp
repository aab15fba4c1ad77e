// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "fakes/smtp_session.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <csignal>

#include "fakes/loopback_socket.h"

namespace mtasts::fakes {
namespace {

constexpr int kLifetime_seconds = 30;
constexpr size_t kEndlessLimit_bytes = 16 * 1024 * 1024;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using BioPtr = std::unique_ptr<BIO, Free>;
using CertificatePtr = std::unique_ptr<X509, Free>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Free>;

BioPtr bio_of(const std::string& text) {
  return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

void use_identity(SSL_CTX* context, const Identity& identity) {
  BioPtr chain = bio_of(identity.certificate_chain_pem);
  BioPtr key_text = bio_of(identity.private_key_pem);
  CertificatePtr leaf(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
  KeyPtr key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr));
  if (!leaf || !key) return;
  SSL_CTX_use_certificate(context, leaf.get());
  SSL_CTX_use_PrivateKey(context, key.get());
  for (;;) {
    CertificatePtr next(PEM_read_bio_X509(chain.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    SSL_CTX_add1_chain_cert(context, next.get());
  }
  ERR_clear_error();
}

// The callback of OpenSSL that sees the client's server name before a certificate is chosen.
int choose_by_server_name(SSL* ssl, int* alert, void* argument) {
  const auto& script = *static_cast<const SmtpScript*>(argument);
  if (SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) != nullptr) return SSL_TLSEXT_ERR_OK;
  if (script.requires_server_name) {
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  if (script.without_server_name.certificate_chain_pem.empty()) return SSL_TLSEXT_ERR_OK;
  std::unique_ptr<SSL_CTX, Free> other(SSL_CTX_new(TLS_server_method()));
  use_identity(other.get(), script.without_server_name);
  SSL_set_SSL_CTX(ssl, other.get());
  return SSL_TLSEXT_ERR_OK;
}

// OpenSSL writes without MSG_NOSIGNAL, and the peer may have closed.
void block_broken_pipes() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

struct SmtpSession::Tls {
  std::unique_ptr<SSL_CTX, Free> context{SSL_CTX_new(TLS_server_method())};
  std::unique_ptr<SSL, Free> ssl;

  Tls(const SmtpScript& script, int socket) {
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
    if (script.tls == SmtpTls::only_1_1)
      SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    if (script.tls == SmtpTls::only_1_2 || script.tls == SmtpTls::client_certificate)
      SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    if (script.tls == SmtpTls::client_certificate)
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    use_identity(context.get(), script.identity);
    if (!script.second_identity.certificate_chain_pem.empty())
      use_identity(context.get(), script.second_identity);
    SSL_CTX_set_tlsext_servername_callback(context.get(), choose_by_server_name);
    SSL_CTX_set_tlsext_servername_arg(context.get(), const_cast<SmtpScript*>(&script));
    ssl.reset(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), socket);
  }
};

SmtpSession::SmtpSession(int socket, const SmtpScript& script, SmtpSessionObserver& observer)
    : socket_(socket), script_(script), observer_(observer) {}

SmtpSession::~SmtpSession() = default;

bool SmtpSession::run() {
  block_broken_pipes();
  limit_lifetime(socket_, kLifetime_seconds);
  if (converse()) drain();
  tls_.reset();
  return reset_;
}

bool SmtpSession::converse() {
  if (!speak(SmtpMoment::banner, script_.banner)) return false;
  std::string command;
  while (read_command(command)) {
    observer_.on_command(command);
    if (command.starts_with("EHLO")) {
      bool secure = tls_ != nullptr;
      if (!speak(secure ? SmtpMoment::ehlo_after_tls : SmtpMoment::ehlo,
                 secure ? script_.ehlo_after_tls : script_.ehlo))
        return false;
    } else if (command == "STARTTLS") {
      if (!speak(SmtpMoment::starttls, script_.starttls)) return false;
      bool ready = script_.starttls.starts_with("220");
      if (ready && !start_tls()) return false;
    } else {  // QUIT
      return speak(SmtpMoment::quit, "221 bye\r\n");
    }
  }
  return false;
}

bool SmtpSession::start_tls() {
  char first = 0;
  if (::recv(socket_, &first, 1, MSG_PEEK) <= 0) return false;
  observer_.on_moment(SmtpMoment::handshake);
  if (script_.fault != SmtpFault::none && script_.fault_at == SmtpMoment::handshake)
    return misbehave(SmtpMoment::handshake);
  if (!script_.in_place_of_tls.empty()) {
    send(script_.in_place_of_tls);
    ::shutdown(socket_, SHUT_WR);
    drain();  // unread octets would make the kernel send RST and lose the last reply
    return false;
  }
  pending_.clear();
  auto tls = std::make_unique<Tls>(script_, socket_);
  bool done = SSL_accept(tls->ssl.get()) == 1;
  if (const char* name = SSL_get_servername(tls->ssl.get(), TLSEXT_NAMETYPE_host_name))
    observer_.on_server_name(name);
  ERR_clear_error();
  if (!done) {
    drain();
    return false;
  }
  tls_ = std::move(tls);
  return true;
}

bool SmtpSession::speak(SmtpMoment moment, const std::string& octets) {
  observer_.on_moment(moment);
  if (script_.fault != SmtpFault::none && script_.fault_at == moment) return misbehave(moment);
  return send_slowly(octets, moment == SmtpMoment::banner);
}

bool SmtpSession::misbehave(SmtpMoment moment) {
  switch (script_.fault) {
    case SmtpFault::silence:
      drain();
      break;
    case SmtpFault::reset:
      reset_ = true;
      break;
    case SmtpFault::endless: {
      std::string line = moment == SmtpMoment::banner ? "220-wait\r\n" : "250-more\r\n";
      for (size_t sent_bytes = 0; sent_bytes < kEndlessLimit_bytes; sent_bytes += line.size())
        if (!send(line)) break;
      break;
    }
    case SmtpFault::close:
    case SmtpFault::none:
      break;
  }
  return false;
}

bool SmtpSession::send_slowly(const std::string& octets, bool banner) {
  bool by_octet = script_.octet_pause.count() > 0 && !tls_;
  bool by_line = banner && script_.line_pause.count() > 0;
  if (!by_octet && !by_line) return send(octets);
  size_t at = 0;
  while (at < octets.size()) {
    size_t end = by_octet ? at + 1 : octets.find('\n', at) + 1;
    if (!send(std::string_view(octets).substr(at, end - at))) return false;
    at = end;
    bool more = at < octets.size();
    if (more && !observer_.pause(by_octet ? script_.octet_pause : script_.line_pause)) return false;
  }
  return true;
}

bool SmtpSession::send(std::string_view octets) {
  if (octets.empty()) return true;
  if (tls_) return SSL_write(tls_->ssl.get(), octets.data(), static_cast<int>(octets.size())) > 0;
  while (!octets.empty()) {
    ssize_t sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    octets.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

int SmtpSession::receive(char* buffer, int size_bytes) {
  if (tls_) return SSL_read(tls_->ssl.get(), buffer, size_bytes);
  return static_cast<int>(::recv(socket_, buffer, static_cast<size_t>(size_bytes), 0));
}

bool SmtpSession::read_command(std::string& command) {
  for (;;) {
    size_t end = pending_.find("\r\n");
    if (end != std::string::npos) {
      command = pending_.substr(0, end);
      pending_.erase(0, end + 2);
      return true;
    }
    std::array<char, 1024> buffer{};
    int received = receive(buffer.data(), static_cast<int>(buffer.size()));
    if (received <= 0) return false;
    pending_.append(buffer.data(), static_cast<size_t>(received));
  }
}

// Reads until the peer closes, the server stops or the lifetime ends.
void SmtpSession::drain() {
  std::array<char, 1024> buffer{};
  while (::recv(socket_, buffer.data(), buffer.size(), 0) > 0) {
  }
}

}  // namespace mtasts::fakes
