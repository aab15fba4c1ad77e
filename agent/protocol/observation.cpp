// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/attempt.h"
#include "protocol/smtp/attempt.h"

#include "base/ascii.h"

namespace mtasts::protocol {

std::string_view name_of(HttpsStatus status) {
  switch (status) {
    case HttpsStatus::responded:
      return "responded";
    case HttpsStatus::refused:
      return "connection refused";
    case HttpsStatus::connect_timeout:
      return "connection timed out";
    case HttpsStatus::unreachable:
      return "unreachable";
    case HttpsStatus::tls_failed:
      return "TLS handshake failed";
    case HttpsStatus::tls_version_old:
      return "TLS older than 1.2";
    case HttpsStatus::tls_timeout:
      return "TLS handshake timed out";
    case HttpsStatus::response_timeout:
      return "HTTP response timed out";
    case HttpsStatus::malformed:
      return "not a valid HTTP response";
    case HttpsStatus::truncated:
      return "body truncated";
    case HttpsStatus::too_large:
      return "body too large";
    case HttpsStatus::not_allowed:
      return "address not contacted";
    case HttpsStatus::cancelled:
      return "not completed";
  }
  return "?";
}

std::string_view name_of(SmtpStep step) {
  switch (step) {
    case SmtpStep::connect:
      return "connect";
    case SmtpStep::banner:
      return "banner";
    case SmtpStep::ehlo:
      return "EHLO";
    case SmtpStep::starttls:
      return "STARTTLS";
    case SmtpStep::handshake:
      return "TLS handshake";
    case SmtpStep::ehlo_after_tls:
      return "EHLO after TLS";
    case SmtpStep::done:
      return "done";
  }
  return "?";
}

std::string_view name_of(SmtpStatus status) {
  switch (status) {
    case SmtpStatus::ok:
      return "ok";
    case SmtpStatus::refused:
      return "connection refused";
    case SmtpStatus::connect_timeout:
      return "connection timed out";
    case SmtpStatus::unreachable:
      return "unreachable";
    case SmtpStatus::timeout:
      return "timed out";
    case SmtpStatus::banner_rejected:
      return "banner rejected";
    case SmtpStatus::ehlo_rejected:
      return "EHLO rejected";
    case SmtpStatus::starttls_missing:
      return "STARTTLS missing";
    case SmtpStatus::starttls_stripped:
      return "STARTTLS stripped";
    case SmtpStatus::starttls_rejected:
      return "STARTTLS rejected";
    case SmtpStatus::tls_failed:
      return "TLS handshake failed";
    case SmtpStatus::tls_closed:
      return "closed during the TLS handshake";
    case SmtpStatus::tls_timeout:
      return "TLS handshake timed out";
    case SmtpStatus::tls_version_old:
      return "TLS older than 1.2";
    case SmtpStatus::protocol_error:
      return "protocol error";
    case SmtpStatus::not_allowed:
      return "address not contacted";
    case SmtpStatus::cancelled:
      return "not completed";
  }
  return "?";
}

bool answered(const HttpsAttempt& attempt) {
  switch (attempt.status) {
    case HttpsStatus::responded:
    case HttpsStatus::tls_failed:
    case HttpsStatus::tls_version_old:
    case HttpsStatus::response_timeout:  // the TLS session itself is an answer
    case HttpsStatus::malformed:
    case HttpsStatus::truncated:
    case HttpsStatus::too_large:
      return true;
    default:
      return attempt.chain != nullptr;
  }
}

bool answered(const SmtpAttempt& attempt) {
  return attempt.reply_code != 0 || attempt.chain != nullptr;
}

bool may_be_local(const HttpsAttempt& attempt) {
  switch (attempt.status) {
    case HttpsStatus::refused:
    case HttpsStatus::connect_timeout:
    case HttpsStatus::unreachable:
    case HttpsStatus::tls_timeout:
    case HttpsStatus::response_timeout:
      return true;
    default:
      return false;
  }
}

bool may_be_local(const SmtpAttempt& attempt) {
  switch (attempt.status) {
    case SmtpStatus::refused:
    case SmtpStatus::connect_timeout:
    case SmtpStatus::unreachable:
    case SmtpStatus::tls_timeout:
      return true;
    // Connected, then silence or a close without a reply: typical of filters on outgoing port 25.
    case SmtpStatus::timeout:
    case SmtpStatus::protocol_error:
      return attempt.reply_code == 0;
    default:
      return false;
  }
}

bool is_deferral(const SmtpAttempt& attempt) {
  int code = attempt.reply_code;
  switch (attempt.status) {
    case SmtpStatus::banner_rejected:
      return true;
    case SmtpStatus::ehlo_rejected:
      return code != 500 && code != 501 && code != 502 && code != 504;
    case SmtpStatus::starttls_rejected:
      return code == 421;  // service shutting down (RFC 5321 §3.8), whatever the command
    default:
      return false;
  }
}

bool is_text_plain(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  return equals_ignoring_case(type, "text/plain");
}

}  // namespace mtasts::protocol
