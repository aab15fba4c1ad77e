// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Web servers and hosting services by what their responses say, and what to change in each of them.
// Only fixes are chosen by it; no verdict depends on it. Internal to the verdict room; pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/http/attempt.h"

namespace mtasts::verdict {

enum class WebServer : uint8_t {
  unknown,
  apache,
  azure,
  caddy,
  cloudflare,
  cloudfront,
  github_pages,
  google_storage,
  haproxy,
  iis,
  lighttpd,
  litespeed,
  netlify,
  nginx,
  s3,
  varnish,
  vercel,
};
WebServer web_server_of(const protocol::HttpsAttempt& attempt);
// "nginx"; empty: unknown.
std::string_view name_of(WebServer server);

// What is wrong, as far as it has a fix of its own.
enum class HttpTrouble : uint8_t {
  coded,          // the body is compressed
  dead_back_end,  // 502, 503, 504
  empty_body,     // 200 without a body
  forbidden,      // 403
  http2_only,     // no HTTP/1.1
  misdirected,    // 421
  no_response,    // the TLS session is closed without a response
  not_found,      // 404, 410
  origin_tls,     // 525, 526 of Cloudflare
  password,       // 401
  rate_limited,   // 429
  server_error,   // 500 and the rest of 5xx
  wrong_type,     // Content-Type
};
// One sentence for the server at hand, else a general one.
std::string http_fix(HttpTrouble trouble, WebServer server, const std::string& policy_host);

}  // namespace mtasts::verdict
