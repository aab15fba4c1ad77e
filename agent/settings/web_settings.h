// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What [web], [web.tls], [web.basic_auth] and a web configuration file say about who may talk to
// the web port, and how. Plain values, any thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mtasts::settings {

// What a client may do; each role includes those before it.
enum class WebRole : uint8_t {
  none,
  read,   // pages, metrics and the API
  probe,  // start checks with /probe
  write,  // change the agent: POST /-/reload
};
inline constexpr std::string_view kWebRoleNames[] = {"none", "read", "probe", "write"};
inline std::string_view name_of(WebRole role) { return kWebRoleNames[static_cast<size_t>(role)]; }

// What is asked of a client in the TLS handshake.
enum class ClientCertificates : uint8_t {
  ignored,            // none is asked for
  requested,          // asked for; any is taken, and none as well
  any,                // demanded; any is taken
  verified_if_given,  // asked for; one that is sent must be valid
  verified,           // demanded, and must be valid
};

struct WebTlsSettings {
  std::string cert_file;  // neither this nor `cert`: plain HTTP
  std::string key_file;
  std::string client_ca_file;
  std::vector<std::string> client_allowed_sans;  // empty: every valid certificate
  ClientCertificates client_certificates = ClientCertificates::ignored;
  // The rest comes from a web configuration file alone. In place of the files: PEM.
  std::string cert;
  std::string key;
  std::string client_ca;
  bool tls12 = true;
  bool tls13 = true;
  bool prefers_own_order = true;     // of cipher suites
  std::string cipher_list;           // of TLS 1.2 and of TLS 1.3, in OpenSSL's names and form;
  std::string cipher_suites_1_3;     // empty: OpenSSL's default
  std::string groups;                // of the key exchange, likewise
  std::string source = "[web.tls]";  // where this was written, for messages
  bool enabled() const { return !cert_file.empty() || !cert.empty(); }
  bool operator==(const WebTlsSettings&) const = default;
};

struct WebUser {
  std::string name;
  std::string hash;  // bcrypt, see bcrypt_hash.h
  WebRole role = WebRole::write;
  bool operator==(const WebUser&) const = default;
};

struct WebResponseField {  // one header field
  std::string name;
  std::string value;
  bool operator==(const WebResponseField&) const = default;
};

// Of all clients together: a token bucket of `burst`, filled by one in each `interval`.
struct WebRateLimit {
  std::chrono::milliseconds interval{0};  // 0: no limit
  int burst = 20;
  bool operator==(const WebRateLimit&) const = default;
};

struct WebAccessSettings {
  std::vector<WebUser> users;             // sorted by name, no duplicates
  std::optional<WebRole> anonymous_role;  // of requests without credentials
  WebRateLimit rate_limit;
  std::vector<WebResponseField> response_fields;
  bool operator==(const WebAccessSettings&) const = default;

  WebRole anonymous() const {
    return anonymous_role.value_or(users.empty() ? WebRole::write : WebRole::none);
  }
};

}  // namespace mtasts::settings
