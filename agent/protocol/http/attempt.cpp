// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "protocol/http/attempt.h"

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

const std::string* field_of(const HttpsAttempt& attempt, std::string_view name) {
  for (const HttpField& field : attempt.fields)
    if (equals_ignoring_case(field.name, name)) return &field.value;
  return nullptr;
}

// A blank line, or a second response, is not a part of the file.
bool is_cut_by_length(const HttpsAttempt& attempt) {
  return !trim(attempt.excess).empty() && attempt.excess.rfind("HTTP/", 0) != 0;
}

bool is_rate_limited(const HttpsAttempt& attempt) {
  return attempt.status == HttpsStatus::responded && attempt.http_status == 429;
}

bool has_text(const HttpsAttempt& attempt) {
  return attempt.coding == BodyCoding::none || attempt.coding == BodyCoding::decoded ||
         (attempt.uncoded && attempt.uncoded->body);
}

bool is_text_plain(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  while (!type.empty() && (type.front() == ' ' || type.front() == '\t')) type.remove_prefix(1);
  return equals_ignoring_case(type, "text/plain");
}

}  // namespace mtasts::protocol
