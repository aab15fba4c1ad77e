// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/https_transfer.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "base/printable.h"
#include "net/tls/tls_error.h"

namespace mtasts::net {
namespace {

using protocol::HttpsStatus;

constexpr int kPolicyFound = 200;
constexpr size_t kWordsShown = 200;
// libcurl's own limit must never come before the caller's deadlines.
constexpr long kNeverMilliseconds = 24L * 60 * 60 * 1000;

template <typename Value>
Value info_of(CURL* easy, CURLINFO what) {
  Value value{};
  curl_easy_getinfo(easy, what, &value);
  return value;
}

std::chrono::milliseconds between(std::chrono::steady_clock::time_point begin,
                                  std::chrono::steady_clock::time_point end) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(end - begin);
}

// libcurl takes the error off OpenSSL's queue and prints it: "… error:0A00042E:SSL routines::…".
unsigned long tls_code_in(std::string_view words) {
  constexpr std::string_view kMark = "error:";
  size_t mark = words.find(kMark);
  if (mark == std::string_view::npos) return 0;
  std::string_view digits = words.substr(mark + kMark.size());
  unsigned long code = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
  return error == std::errc() && end == digits.data() + 8 ? code : 0;
}

bool is_tls_code(CURLcode code) {
  return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_PEER_FAILED_VERIFICATION ||
         code == CURLE_SSL_CIPHER || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_USE_SSL_FAILED || code == CURLE_SSL_ISSUER_ERROR;
}

}  // namespace

HttpsTransfer::HttpsTransfer(std::shared_ptr<CurlMulti> multi,
                             std::shared_ptr<const TlsObserver> observer, HttpsTarget target)
    : multi_(std::move(multi)),
      observer_(std::move(observer)),
      target_(std::move(target)),
      alarm_(multi_->executor()),
      easy_(curl_easy_init()) {
  attempt_.address = target_.address;
  observation_.host = target_.host;
}

HttpsTransfer::~HttpsTransfer() {
  if (easy_) multi_->remove(easy_.get());
}

bool HttpsTransfer::start() {
  started_at_ = std::chrono::steady_clock::now();
  if (easy_) {
    set_options();
    set_security_options();
    if (multi_->add(easy_.get(), this)) return true;
  }
  attempt_.status = HttpsStatus::cancelled;
  attempt_.detail = "cannot begin a transfer: out of memory";
  finished_ = true;
  return false;
}

// RFC 8461 §3.3: no redirects, no caching; besides nothing that libcurl would do for a browser.
void HttpsTransfer::set_options() {
  CURL* easy = easy_.get();
  const std::string authority =
      target_.port == 443 ? target_.host : fmt::format("{}:{}", target_.host, target_.port);
  const std::string url = fmt::format("https://{}/.well-known/mta-sts.txt", authority);
  const bool v6 = target_.address.family() == AddressFamily::ipv6;
  const std::string address = target_.address.text();
  // The address was vetted: libcurl must not resolve the name again.
  const std::string pin =
      fmt::format(fmt::runtime(v6 ? "::[{}]:{}" : "::{}:{}"), address, target_.port);
  pin_.reset(curl_slist_append(nullptr, pin.c_str()));
  headers_.reset(curl_slist_append(nullptr, ("Host: " + target_.host).c_str()));
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, pin_.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, target_.user_agent.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kNeverMilliseconds);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, target_.handshake_only ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &HttpsTransfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &HttpsTransfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &HttpsTransfer::on_session);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
}

// Verification is the observer's: libcurl's own would load a store each time and end the handshake
// of a bad certificate before anything is known of it.
void HttpsTransfer::set_security_options() {
  CURL* easy = easy_.get();
  const long oldest =
      target_.versions == TlsVersions::modern ? CURL_SSLVERSION_TLSv1_2 : CURL_SSLVERSION_TLSv1_0;
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, oldest);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &HttpsTransfer::on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

// libcurl makes the SSL_CTX as soon as TCP stands; its own times are told only after the handshake.
CURLcode HttpsTransfer::on_context(CURL*, void* context, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  transfer->connected_at_ = std::chrono::steady_clock::now();
  transfer->observer_->adopt(static_cast<SSL_CTX*>(context), &transfer->observation_);
  return CURLE_OK;
}

// Between the handshake and the request: afterwards the session is gone.
int HttpsTransfer::on_session(void* self, char*, char*, int, int) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  transfer->handshaken_at_ = std::chrono::steady_clock::now();
  auto* session = info_of<curl_tlssessioninfo*>(transfer->easy_.get(), CURLINFO_TLS_SSL_PTR);
  if (session == nullptr || session->internals == nullptr) return CURL_PREREQFUNC_OK;
  const auto* ssl = static_cast<const SSL*>(session->internals);
  transfer->attempt_.tls_version = SSL_get_version(ssl);
  if (const char* cipher = SSL_get_cipher_name(ssl)) transfer->attempt_.cipher = cipher;
  return CURL_PREREQFUNC_OK;
}

// Anything but `count` back ends the transfer.
size_t HttpsTransfer::on_header(char* data, size_t, size_t count, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  try {
    if (!transfer->head_.add_line(std::string_view(data, count))) return 0;
  } catch (const std::exception&) {
    return 0;  // out of memory; libcurl's frames cannot carry it
  }
  const protocol::HttpHead& head = transfer->head_;
  if (head.complete() && head.status() == kPolicyFound &&
      head.content_length().value_or(0) > protocol::kPolicyLimit_bytes) {
    transfer->body_over_limit_ = true;
    return 0;
  }
  return count;
}

size_t HttpsTransfer::on_body(char* data, size_t, size_t count, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  std::string& body = transfer->attempt_.body;
  const size_t room = protocol::kPolicyLimit_bytes - body.size();
  try {
    body.append(data, std::min(room, count));
  } catch (const std::exception&) {
    return 0;
  }
  if (count <= room) return count;
  transfer->body_over_limit_ = true;
  return 0;
}

void HttpsTransfer::stop(HttpsStatus status, std::string detail) {
  if (finished_) return;
  // A whole head with a status other than 200 says all there is to say (RFC 8461 §3.3).
  const bool answered = head_.complete() && head_.status() != kPolicyFound;
  if (answered && status != HttpsStatus::cancelled) {
    finish(HttpsStatus::responded, {});
  } else {
    finish(status, std::move(detail));
  }
  multi_->remove(easy_.get());
}

void HttpsTransfer::on_done(CURLcode code) {
  if (finished_) return;
  tls_error_ = tls_code_in(words_);
  HttpsStatus status = status_of(code);
  finish(status, status == HttpsStatus::responded ? std::string() : detail_of(code));
}

void HttpsTransfer::finish(HttpsStatus status, std::string detail) {
  keep_facts();
  attempt_.status = status;
  attempt_.detail = std::move(detail);
  finished_ = true;
  alarm_.cancel();
}

void HttpsTransfer::keep_facts() {
  attempt_.chain = observation_.chain;
  attempt_.http_status = head_.status();
  attempt_.content_type = head_.content_type();
  attempt_.location = head_.location();
  if (connected_at_) attempt_.connect_time = between(started_at_, *connected_at_);
  if (handshaken_at_) attempt_.handshake_time = between(*connected_at_, *handshaken_at_);
  attempt_.total_time = between(started_at_, std::chrono::steady_clock::now());
}

HttpsStatus HttpsTransfer::connect_status() const {
  const long error = info_of<long>(easy_.get(), CURLINFO_OS_ERRNO);
  if (error == ECONNREFUSED) return HttpsStatus::refused;
  if (error == ETIMEDOUT) return HttpsStatus::connect_timeout;
  // No socket was to be had here: nothing is known of the peer.
  const bool ours = error == 0 || error == EMFILE || error == ENFILE || error == ENOBUFS ||
                    error == ENOMEM || error == EADDRNOTAVAIL;
  if (ours) return HttpsStatus::cancelled;
  return HttpsStatus::unreachable;
}

HttpsStatus HttpsTransfer::status_of(CURLcode code) const {
  if (head_.over_limit()) return HttpsStatus::malformed;
  if (head_.complete() && head_.status() != kPolicyFound) return HttpsStatus::responded;
  if (body_over_limit_) return HttpsStatus::too_large;
  // libcurl takes a head that the end of the connection cuts for a whole one.
  if (code == CURLE_OK)
    return target_.handshake_only || head_.complete() ? HttpsStatus::responded
                                                      : HttpsStatus::malformed;
  if (!connected()) return code == CURLE_OUT_OF_MEMORY ? HttpsStatus::cancelled : connect_status();
  if (is_tls_code(code) || !handshaken()) return HttpsStatus::tls_failed;
  // TLS 1.3 servers refuse a client without certificate only after the handshake.
  if (is_tls_alert(tls_error_) && head_.status() == 0) return HttpsStatus::tls_failed;
  if (!head_.complete()) return HttpsStatus::malformed;
  const bool bad_chunk = std::string_view(words_).find("chunk") != std::string_view::npos;
  const bool cut = code == CURLE_PARTIAL_FILE || (code == CURLE_RECV_ERROR && !bad_chunk);
  return cut ? HttpsStatus::truncated : HttpsStatus::malformed;
}

std::string HttpsTransfer::limit_words() const {
  if (head_.over_limit())
    return fmt::format("the head has more than {} lines or {} octets",
                       protocol::HttpHead::kMostLines, protocol::HttpHead::kMostBytes);
  const uint64_t announced = head_.content_length().value_or(0);
  return announced > protocol::kPolicyLimit_bytes
             ? fmt::format("a body of {} octets is announced", announced)
             : fmt::format("the body has more than {} octets", protocol::kPolicyLimit_bytes);
}

std::string HttpsTransfer::detail_of(CURLcode code) const {
  if (head_.over_limit() || body_over_limit_) return limit_words();
  if (tls_error_ != 0) return words_of_tls_error(tls_error_);
  if (!connected()) {
    const long error = info_of<long>(easy_.get(), CURLINFO_OS_ERRNO);
    return error != 0 ? std::strerror(static_cast<int>(error)) : curl_easy_strerror(code);
  }
  const std::string_view words = words_;
  if (!handshaken()) {
    const std::string_view reset = std::strerror(ECONNRESET);
    return words.find(reset) != std::string_view::npos
               ? std::string(reset)
               : "connection closed by the peer in the TLS handshake";
  }
  // What libcurl calls out of memory is a line beyond its own 100 KB.
  if (code == CURLE_OUT_OF_MEMORY && !head_.complete()) return "a line of the head is too long";
  if (code == CURLE_OK) return "the connection was closed within the head";
  return words.empty() ? curl_easy_strerror(code) : printable(words, kWordsShown);
}

}  // namespace mtasts::net
