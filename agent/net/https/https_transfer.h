// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// HttpsTransfer: one libcurl transfer, a GET of a policy or a bare handshake, to one pinned address
// (RFC 8461 §3.3), with its result as an HttpsAttempt. Limits the size of head and body; deadlines
// are up to the caller. Loop thread only. Removes itself from its multi handle when destroyed.
#pragma once

#include <curl/curl.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "net/https/curl_multi.h"
#include "net/https/head_limit.h"
#include "net/https/length_watch.h"
#include "net/tls/tls_observer.h"
#include "protocol/http/attempt.h"

namespace mtasts::net {

struct HttpsTarget {
  std::string host;
  IpAddress address;
  uint16_t port = 443;
  TlsVersions versions = TlsVersions::modern;
  bool handshake_only = false;
  bool offer_http2 = false;    // beside HTTP/1.1
  bool offer_gzip = true;      // false: no Accept-Encoding
  bool ignore_length = false;  // read to the end of the connection, whatever Content-Length says
  std::string user_agent;
};

class HttpsTransfer : public CurlListener {
 public:
  HttpsTransfer(std::shared_ptr<CurlMulti> multi, std::shared_ptr<const TlsObserver> observer,
                HttpsTarget target);
  ~HttpsTransfer() override;
  HttpsTransfer(const HttpsTransfer&) = delete;
  HttpsTransfer& operator=(const HttpsTransfer&) = delete;

  // False: it could not be started; attempt() has the reason.
  bool start();
  // Ends the transfer with the given status (a deadline, cancelled); no effect once it has ended.
  void stop(protocol::HttpsStatus status, std::string detail);

  bool finished() const { return finished_; }
  bool connected() const { return connected_at_.has_value(); }  // TCP
  bool handshaken() const { return handshaken_; }               // TLS
  // Expires at the caller's deadline; cancelled when the transfer ends.
  boost::asio::steady_timer& alarm() { return alarm_; }
  // The OpenSSL code of the TLS error that ended it; 0 for any other cause.
  unsigned long tls_error() const { return observation_.error; }
  // The result; call once, after the end.
  protocol::HttpsAttempt take_attempt() { return std::move(attempt_); }

 private:
  static size_t on_header(char* data, size_t size, size_t count, void* self);
  static size_t on_body(char* data, size_t size, size_t count, void* self);
  static int on_octets(CURL* easy, curl_infotype type, char* data, size_t size, void* self);
  static CURLcode on_context(CURL* easy, void* context, void* self);
  static int on_session(void* self, char*, char*, int, int);

  void on_done(CURLcode code) override;
  void set_options();
  void set_request_options();
  void set_security_options();
  void finish(protocol::HttpsStatus status, std::string detail);
  void keep_facts();
  void keep_fields();
  bool end_head();
  protocol::HttpsStatus status_of(CURLcode code) const;
  protocol::HttpsStatus connect_status() const;
  bool was_cut_off(CURLcode code) const;
  int http_status() const;
  int system_error() const;
  std::optional<std::string> field(const char* name) const;
  bool announces_too_much() const;
  std::string detail_of(CURLcode code) const;
  std::string limit_words() const;

  std::shared_ptr<CurlMulti> multi_;
  std::shared_ptr<const TlsObserver> observer_;
  HttpsTarget target_;
  boost::asio::steady_timer alarm_;
  protocol::HttpsAttempt attempt_;
  TlsObservation observation_;
  HttpHeadLimit head_limit_;
  LengthWatch length_watch_;
  std::chrono::steady_clock::time_point started_at_{};
  std::optional<std::chrono::steady_clock::time_point> connected_at_;
  bool handshaken_ = false;
  bool head_complete_ = false;
  bool body_over_limit_ = false;
  bool lengths_differ_ = false;  // several Content-Length fields
  bool finished_ = false;
  char words_[CURL_ERROR_SIZE] = {};  // error text of libcurl, for display only
  Handle<curl_slist, curl_slist_free_all> headers_;
  Handle<curl_slist, curl_slist_free_all> pin_;
  Handle<CURL, curl_easy_cleanup> easy_;
};

}  // namespace mtasts::net
