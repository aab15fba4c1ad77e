// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/tls_client.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/tls/tls_error.h"

namespace mtasts::net {
namespace {

constexpr size_t kClearTextLimit_bytes = 80;

bool is_close(int error) { return error == 0 || error == ECONNRESET || error == EPIPE; }

}  // namespace

TlsClient::TlsClient(std::shared_ptr<const TlsObserver> observer, const TlsOffer& offer,
                     std::string host, int socket)
    : observer_(std::move(observer)), ssl_(SSL_new(observer_->context(offer.versions))) {
  observation_.host = std::move(host);
  observation_.keep_presented = true;
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) {
    broken_ = true;
    detail_ = take_tls_error();
    return;
  }
  observer_->attach(ssl_.get(), &observation_, offer);
  SSL_set_connect_state(ssl_.get());
  SSL_set_msg_callback(ssl_.get(), &TlsClient::note_record);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

TlsClient::~TlsClient() = default;

// OpenSSL reports the header of each record before it validates it.
void TlsClient::note_record(int sent, int, int content_type, const void* octets, size_t size_bytes,
                            SSL* ssl, void* self) {
  TlsObserver::refuse_large_group(sent, content_type, octets, size_bytes, ssl);
  auto* client = static_cast<TlsClient*>(self);
  if (sent != 0 || content_type != SSL3_RT_HEADER || !client->first_octets_.empty()) return;
  client->first_octets_.assign(static_cast<const char*>(octets), size_bytes);
}

TlsProgress TlsClient::handshake() {
  if (broken_) return TlsProgress::failed;
  ERR_clear_error();
  errno = 0;
  int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? TlsProgress::done : progress_of(result);
}

TlsProgress TlsClient::read(char* buffer, size_t size_bytes, size_t& received_bytes) {
  received_bytes = 0;
  if (broken_) return TlsProgress::failed;
  ERR_clear_error();
  errno = 0;
  int result = SSL_read_ex(ssl_.get(), buffer, size_bytes, &received_bytes);
  return result == 1 ? TlsProgress::done : progress_of(result);
}

TlsProgress TlsClient::write(std::string_view octets) {
  if (broken_) return TlsProgress::failed;
  ERR_clear_error();
  errno = 0;
  size_t written_bytes = 0;
  int result = SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &written_bytes);
  return result == 1 ? TlsProgress::done : progress_of(result);
}

void TlsClient::send_close_notify() {
  if (broken_ || !SSL_is_init_finished(ssl_.get())) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

// After closed and failed the session is unusable (SSL_get_error(3)).
TlsProgress TlsClient::progress_of(int result) {
  int system_error = errno;
  int reason = SSL_get_error(ssl_.get(), result);
  if (reason == SSL_ERROR_WANT_READ) return TlsProgress::want_read;
  if (reason == SSL_ERROR_WANT_WRITE) return TlsProgress::want_write;
  broken_ = true;
  const unsigned long queued = take_tls_error_code();
  const unsigned long error = observation_.error != 0 ? observation_.error : queued;
  bool unexpected_end = ERR_GET_LIB(error) == ERR_LIB_SSL &&
                        ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  bool plain_end = reason == SSL_ERROR_SYSCALL && is_close(system_error);
  if (reason == SSL_ERROR_ZERO_RETURN || unexpected_end || plain_end) {
    detail_ = system_error == ECONNRESET ? "connection reset" : "connection closed";
    may_be_version_ = true;
    return TlsProgress::closed;
  }
  may_be_version_ = hints_at_old_tls(error);
  read_clear_text();
  detail_ = words_of_tls_error(error);
  if (detail_.empty()) detail_ = std::generic_category().message(system_error);
  return TlsProgress::failed;
}

// A server that replies 220 but cannot do TLS answers the ClientHello in clear text, which is worth
// reporting.
void TlsClient::read_clear_text() {
  // RFC 8446 §5.1: a record begins with its content type, 20 to 24.
  if (first_octets_.empty() || first_octets_[0] < ' ' || first_octets_[0] >= '\x7F') return;
  std::array<char, kClearTextLimit_bytes> rest{};
  ssize_t received = ::recv(SSL_get_fd(ssl_.get()), rest.data(), rest.size(), MSG_DONTWAIT);
  clear_text_ = first_octets_;
  if (received > 0) clear_text_.append(rest.data(), static_cast<size_t>(received));
}

std::string TlsClient::version() const { return broken_ ? "" : SSL_get_version(ssl_.get()); }

std::string TlsClient::cipher() const { return broken_ ? "" : SSL_get_cipher_name(ssl_.get()); }

bool TlsClient::older_than_1_2() const {
  return !broken_ && SSL_version(ssl_.get()) < TLS1_2_VERSION;
}

}  // namespace mtasts::net
