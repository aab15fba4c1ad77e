// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/smtp/attempt.h"

namespace mtasts::protocol {

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
    case SmtpStatus::tarpit:
      return "tarpit";
    case SmtpStatus::not_allowed:
      return "address not contacted";
    case SmtpStatus::cancelled:
      return "not completed";
  }
  return "?";
}

bool answered(const SmtpAttempt& attempt) {
  return attempt.reply_code != 0 || attempt.chain != nullptr;
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

}  // namespace mtasts::protocol
