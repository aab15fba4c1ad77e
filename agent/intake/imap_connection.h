// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ImapConnection: an authenticated TLS connection to an IMAP server. libcurl connects, verifies the
// certificate and logs in (SASL: PLAIN, LOGIN, CRAM-MD5, SCRAM; OAUTHBEARER and XOAUTH2 with a
// token; the command LOGIN where a server offers nothing else); what follows is sent and received
// as it is, because libcurl 7.88 cannot fetch a message without setting \Seen. Blocks; the owner's
// thread only.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "intake/stop_signal.h"
#include "settings/mailbox_url.h"

namespace mtasts::intake {

struct ImapLogin {
  settings::MailboxUrl url;
  std::string user;
  std::string secret;  // a password, or an OAuth 2 bearer token (RFC 6750)
  bool is_token = false;
  std::string ca_file;  // empty: the system's trust store
};

class ImapConnection {
 public:
  // `stop` must outlive the connection. Every failure is one printable sentence that names the
  // server: invalid: credentials, certificate or offer of the server, cancelled: `stop`, timed_out,
  // io.
  static Result<std::unique_ptr<ImapConnection>> open(const ImapLogin& login,
                                                      const StopSignal& stop);
  ~ImapConnection();
  // False: the server offers no mechanism of SASL that fits; the command LOGIN is left.
  bool logged_in() const { return logged_in_; }
  ImapConnection(const ImapConnection&) = delete;
  ImapConnection& operator=(const ImapConnection&) = delete;

  Result<void> send(std::string_view octets, std::chrono::milliseconds limit);
  // At least one octet, at most `size_bytes`; 0: the server closed the connection.
  Result<size_t> receive(char* buffer, size_t size_bytes, std::chrono::milliseconds limit);

 private:
  ImapConnection(const ImapLogin& login, const StopSignal& stop);
  void set_options(const ImapLogin& login);
  CURLcode connect(const ImapLogin& login);
  Failure failure_of(CURLcode code, const ImapLogin& login) const;
  Failure refused_login(const ImapLogin& login) const;
  Result<void> wait(short events, std::chrono::steady_clock::time_point end) const;
  bool hear(std::string_view line);

  static size_t on_line(char* line, size_t, size_t size_bytes, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  const StopSignal& stop_;
  const std::string server_;
  Handle<CURL, curl_easy_cleanup> easy_;
  char words_[CURL_ERROR_SIZE] = {};
  std::string refusal_;    // the server's last NO, BAD or BYE
  std::string challenge_;  // the last, in base64
  bool logged_in_ = true;
  bool greeted_ = false;
  bool asked_ = false;  // a mechanism was tried
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

}  // namespace mtasts::intake
