// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/https_transfer.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <exception>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/printable.h"
#include "net/tls/tls_error.h"
#include "protocol/sts/policy_location.h"

namespace mtasts::net {
namespace {

using protocol::HttpsStatus;

constexpr int kPolicyFound = 200;
constexpr size_t kWordsShown_bytes = 200;
constexpr size_t kNumberShown_bytes = 40;
constexpr size_t kMostFields = 64;
constexpr size_t kFieldName_bytes = 64;
constexpr size_t kFieldValue_bytes = 512;
// libcurl's own timeout must never fire before the caller's deadlines.
constexpr long kNever_ms = 24L * 60 * 60 * 1000;

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

// A number that does not fit into 64 bits is over every limit.
bool is_over(std::string_view digits, uint64_t limit) {
  uint64_t number = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || end != digits.data() + digits.size()) return false;
  return error == std::errc::result_out_of_range || number > limit;
}

std::string_view version_name(long version) {
  switch (version) {
    case CURL_HTTP_VERSION_1_0:
      return "1.0";
    case CURL_HTTP_VERSION_1_1:
      return "1.1";
    case CURL_HTTP_VERSION_2_0:
      return "2";
    default:
      return "";
  }
}

std::string words_of_errno(int error) { return std::generic_category().message(error); }

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
    set_request_options();
    set_security_options();
    if (multi_->add(easy_.get(), this)) return true;
  }
  attempt_.status = HttpsStatus::cancelled;
  attempt_.detail = "cannot start a transfer: out of memory";
  finished_ = true;
  return false;
}

// RFC 8461 §3.3: no redirects, no caching; also turns off what libcurl does for browsers.
void HttpsTransfer::set_options() {
  CURL* easy = easy_.get();
  const std::string authority =
      target_.port == 443 ? target_.host : fmt::format("{}:{}", target_.host, target_.port);
  const std::string url = protocol::policy_url(authority);
  const bool v6 = target_.address.family() == AddressFamily::ipv6;
  const std::string address = target_.address.text();
  // The address has been checked: libcurl must not resolve the name again.
  const std::string pin =
      fmt::format(fmt::runtime(v6 ? "::[{}]:{}" : "::{}:{}"), address, target_.port);
  pin_.reset(curl_slist_append(nullptr, pin.c_str()));
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, pin_.get());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kNever_ms);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, target_.handshake_only ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &HttpsTransfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &HttpsTransfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &HttpsTransfer::on_session);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  // Only a verbose transfer calls it.
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &HttpsTransfer::on_octets);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
  curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

void HttpsTransfer::set_request_options() {
  CURL* easy = easy_.get();
  headers_.reset(curl_slist_append(nullptr, ("Host: " + target_.host).c_str()));
  // As a field of its own: libcurl would decode whatever coding comes, offered or not.
  if (target_.offer_gzip) curl_slist_append(headers_.get(), "Accept-Encoding: gzip");
  if (target_.ignore_length) curl_slist_append(headers_.get(), "Connection: close");
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  const long version = target_.offer_http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);
  curl_easy_setopt(easy, CURLOPT_IGNORE_CONTENT_LENGTH, target_.ignore_length ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, target_.user_agent.c_str());
}

// The observer does the verification: libcurl would load a trust store for each connection and
// abort the handshake before a bad certificate could be recorded.
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
  curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &HttpsTransfer::on_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, this);
}

// libcurl creates the SSL_CTX as soon as TCP is connected; it reports its own timings only after
// the handshake.
CURLcode HttpsTransfer::on_context(CURL*, void* context, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  transfer->connected_at_ = std::chrono::steady_clock::now();
  transfer->observer_->adopt(static_cast<SSL_CTX*>(context), &transfer->observation_);
  return CURLE_OK;
}

// Called between the handshake and the request: later the session is no longer available.
int HttpsTransfer::on_session(void* self, char*, char*, int, int) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  transfer->handshaken_ = true;
  auto* session = info_of<curl_tlssessioninfo*>(transfer->easy_.get(), CURLINFO_TLS_SSL_PTR);
  if (session == nullptr || session->internals == nullptr) return CURL_PREREQFUNC_OK;
  const auto* ssl = static_cast<const SSL*>(session->internals);
  transfer->attempt_.tls_version = SSL_get_version(ssl);
  if (const char* cipher = SSL_get_cipher_name(ssl)) transfer->attempt_.cipher = cipher;
  return CURL_PREREQFUNC_OK;
}

// A return value other than `count` ends the transfer.
size_t HttpsTransfer::on_header(char* data, size_t, size_t count, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  if (!transfer->head_limit_.add_line(count)) return 0;
  const std::string_view line(data, count);
  if (!transfer->head_complete_ && line.ends_with('\n') && !line.ends_with("\r\n"))
    transfer->attempt_.bare_lf_in_head = true;
  const bool final_line = trim(line).empty();
  // The end of an interim response is not the end of the head; libcurl also passes trailers here.
  if (!final_line || transfer->head_complete_ || transfer->http_status() == 0) return count;
  transfer->head_complete_ = true;
  try {
    return transfer->end_head() ? count : 0;
  } catch (const std::exception&) {
    return 0;  // out of memory; exceptions must not cross libcurl's frames
  }
}

// False: the head alone rules a policy out.
bool HttpsTransfer::end_head() {
  if (http_status() != kPolicyFound) return true;
  const std::optional<std::string> length = field("Content-Length");
  // RFC 9110 §8.6: different lengths are an error; the same one several times is not.
  for (size_t index = 1; length && !lengths_differ_; ++index) {
    curl_header* other = nullptr;
    if (curl_easy_header(easy_.get(), "Content-Length", index, CURLH_HEADER, -1, &other) !=
        CURLHE_OK)
      break;
    lengths_differ_ = trim(other->value) != *length;
  }
  body_over_limit_ = announces_too_much();
  if (length && !field("Transfer-Encoding")) {
    uint64_t number = 0;
    const char* end = length->data() + length->size();
    auto [rest, error] = std::from_chars(length->data(), end, number);
    if (error == std::errc() && rest == end) length_watch_.announce(number);
  }
  return !body_over_limit_ && !lengths_differ_;
}

int HttpsTransfer::on_octets(CURL*, curl_infotype type, char* data, size_t size, void* self) {
  auto* transfer = static_cast<HttpsTransfer*>(self);
  if (type != CURLINFO_DATA_IN || !transfer->head_complete_) return 0;
  try {
    transfer->length_watch_.take(std::string_view(data, size));
  } catch (const std::exception&) {
    return 0;  // out of memory: the excess is not reported
  }
  return 0;
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
  // A complete head with a status other than 200 is sufficient (RFC 8461 §3.3).
  const bool answered = head_complete_ && http_status() != kPolicyFound;
  if (answered && status != HttpsStatus::cancelled) {
    finish(HttpsStatus::responded, {});
  } else {
    finish(status, std::move(detail));
  }
  multi_->remove(easy_.get());
}

void HttpsTransfer::on_done(CURLcode code) {
  if (finished_) return;
  HttpsStatus status = status_of(code);
  // A reset leaves an error of sending or receiving in the place of "nothing received".
  attempt_.no_response =
      status == HttpsStatus::malformed && head_limit_.is_empty() &&
      (code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR);
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
  attempt_.http_status = http_status();
  if (attempt_.http_status != 0)
    attempt_.http_version = version_name(info_of<long>(easy_.get(), CURLINFO_HTTP_VERSION));
  attempt_.content_type = field("Content-Type");
  attempt_.location = field("Location");
  keep_fields();
  attempt_.excess = length_watch_.excess();
  if (connected_at_) attempt_.connect_time = between(started_at_, *connected_at_);
  attempt_.total_time = between(started_at_, std::chrono::steady_clock::now());
}

void HttpsTransfer::keep_fields() {
  curl_header* header = nullptr;
  while (attempt_.fields.size() < kMostFields &&
         (header = curl_easy_nextheader(easy_.get(), CURLH_HEADER, -1, header)) != nullptr)
    attempt_.fields.push_back(
        {std::string(std::string_view(header->name).substr(0, kFieldName_bytes)),
         std::string(trim(std::string_view(header->value)).substr(0, kFieldValue_bytes))});
}

// 0 until the status line of a final response was received.
int HttpsTransfer::http_status() const {
  const long status = info_of<long>(easy_.get(), CURLINFO_RESPONSE_CODE);
  return status >= 200 ? static_cast<int>(status) : 0;
}

// The errno of the connection, 0 when there was no system error.
int HttpsTransfer::system_error() const {
  return static_cast<int>(info_of<long>(easy_.get(), CURLINFO_OS_ERRNO));
}

// As sent, without surrounding blanks; the first of several applies, as for senders. libcurl
// separates interim responses and trailers.
std::optional<std::string> HttpsTransfer::field(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(easy_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
    return std::nullopt;
  // libcurl 7.88 leaves a CR in an empty field.
  return std::string(trim(found->value));
}

bool HttpsTransfer::announces_too_much() const {
  return is_over(field("Content-Length").value_or(""), protocol::kPolicyLimit_bytes);
}

HttpsStatus HttpsTransfer::connect_status() const {
  const int error = system_error();
  if (error == ECONNREFUSED) return HttpsStatus::refused;
  if (error == ETIMEDOUT) return HttpsStatus::connect_timeout;
  // The local host had no free socket: nothing is known about the peer.
  const bool local = error == 0 || error == EMFILE || error == ENFILE || error == ENOBUFS ||
                     error == ENOMEM || error == EADDRNOTAVAIL;
  if (local) return HttpsStatus::cancelled;
  return HttpsStatus::unreachable;
}

// libcurl's "receive error" covers both a broken connection and invalid chunks; only the former
// leaves a system or TLS error.
bool HttpsTransfer::was_cut_off(CURLcode code) const {
  return code == CURLE_PARTIAL_FILE ||
         (code == CURLE_RECV_ERROR && (system_error() != 0 || observation_.error != 0));
}

HttpsStatus HttpsTransfer::status_of(CURLcode code) const {
  if (observation_.limit != TlsLimit::none) return HttpsStatus::cancelled;
  if (head_limit_.exceeded() || lengths_differ_) return HttpsStatus::malformed;
  if (head_complete_ && http_status() != kPolicyFound) return HttpsStatus::responded;
  if (body_over_limit_) return HttpsStatus::too_large;
  // libcurl treats a head that was cut off by the end of the connection as complete.
  if (code == CURLE_OK)
    return target_.handshake_only || head_complete_ ? HttpsStatus::responded
                                                    : HttpsStatus::malformed;
  if (!connected()) return code == CURLE_OUT_OF_MEMORY ? HttpsStatus::cancelled : connect_status();
  if (is_tls_code(code) || !handshaken()) return HttpsStatus::tls_failed;
  // TLS 1.3 servers reject a client without a certificate only after the handshake.
  if (is_tls_alert(observation_.error) && http_status() == 0) return HttpsStatus::tls_failed;
  if (!head_complete_) return HttpsStatus::malformed;
  return was_cut_off(code) ? HttpsStatus::truncated : HttpsStatus::malformed;
}

std::string HttpsTransfer::limit_words() const {
  if (head_limit_.exceeded())
    return fmt::format("the response header has more than {} lines or {} bytes",
                       HttpHeadLimit::kMostLines, HttpHeadLimit::kMost_bytes);
  return announces_too_much()
             ? fmt::format("the announced body size is {} bytes",
                           printable(*field("Content-Length"), kNumberShown_bytes))
             : fmt::format("the body is larger than {} bytes", protocol::kPolicyLimit_bytes);
}

std::string HttpsTransfer::detail_of(CURLcode code) const {
  if (observation_.limit != TlsLimit::none) return words_of(observation_.limit);
  if (attempt_.no_response) return "the connection was closed without a response";
  if (lengths_differ_) return "the response has several Content-Length fields that differ";
  if (head_limit_.exceeded() || body_over_limit_) return limit_words();
  if (observation_.error != 0) return words_of_tls_error(observation_.error);
  const int error = system_error();
  if (!connected()) return error != 0 ? words_of_errno(error) : curl_easy_strerror(code);
  if (!handshaken())
    return error != 0 ? words_of_errno(error)
                      : "connection closed by the peer during the TLS handshake";
  // libcurl reports a line over its own 100 KB limit as out of memory.
  if (code == CURLE_OUT_OF_MEMORY && !head_complete_) return "a header line is too long";
  if (code == CURLE_OK) return "the connection was closed within the response header";
  const std::string_view words = words_;
  return words.empty() ? curl_easy_strerror(code) : printable(words, kWordsShown_bytes);
}

}  // namespace mtasts::net
