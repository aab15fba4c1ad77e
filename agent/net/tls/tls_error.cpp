// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/tls/tls_error.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/tls/tls_observer.h"

namespace mtasts::net {
namespace {

// OpenSSL encodes a received alert as reason code 1000 + alert.
int alert_of(unsigned long code) {
  int reason = ERR_GET_REASON(code);
  bool alert = ERR_GET_LIB(code) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET &&
               reason < SSL_AD_REASON_OFFSET + 256;
  return alert ? reason - SSL_AD_REASON_OFFSET : -1;
}

}  // namespace

unsigned long take_tls_error_code() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  return code;
}

std::string words_of_tls_error(unsigned long code) {
  if (code == 0) return {};
  if (int alert = alert_of(code); alert >= 0)
    return fmt::format("TLS alert: {}", SSL_alert_desc_string_long(alert));
  if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
    switch (ERR_GET_REASON(code)) {
      case SSL_R_UNEXPECTED_EOF_WHILE_READING:
        return "connection closed by the peer";
      case SSL_R_WRONG_VERSION_NUMBER:
      case SSL_R_HTTP_REQUEST:
        return "wrong version number (the peer does not speak TLS on this port)";
      default:
        break;
    }
  }
  if (const char* reason = ERR_reason_error_string(code)) return reason;
  return fmt::format("TLS error {:08X}", code);
}

bool hints_at_old_tls(unsigned long code) {
  switch (alert_of(code)) {
    case SSL_AD_PROTOCOL_VERSION:
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
    case SSL_AD_INAPPROPRIATE_FALLBACK:
      return true;
    default:
      break;
  }
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  const int reason = ERR_GET_REASON(code);
  return reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION;
}

unsigned long tls_error_of_alert(int alert) {
  return ERR_PACK(ERR_LIB_SSL, 0, SSL_AD_REASON_OFFSET + alert);
}

bool is_tls_alert(unsigned long code) { return alert_of(code) >= 0; }

std::string take_tls_error() { return words_of_tls_error(take_tls_error_code()); }

}  // namespace mtasts::net
