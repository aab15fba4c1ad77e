// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A request and a response as plain values, passed between the server (which knows sockets) and the
// handlers (which know routes). Keeps only the request fields that handlers need. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "present/exposition.h"

namespace mtasts::web {

struct HttpRequest {
  std::string method;            // "GET"
  std::string target;            // as sent: path and query, percent-encoded
  unsigned version = 11;         // 10: HTTP/1.0
  std::string host;              // the first Host field, or the authority of an absolute target
  size_t host_fields = 1;        // how many there are
  std::string user_agent;        // User-Agent
  std::string origin;            // Origin; empty: absent, so not from a script or form of a page
  std::string fetch_site;        // Sec-Fetch-Site
  std::string accept;            // Accept; several fields joined by commas
  std::string scrape_timeout;    // X-Prometheus-Scrape-Timeout-Seconds
  std::string content_type;      // Content-Type
  std::string content_encoding;  // Content-Encoding; the body is never decoded
  std::string authorization;     // Authorization
  std::string forwarded_for;     // the last X-Forwarded-For field
  std::optional<uint64_t> announced_bytes;  // Content-Length
  IpAddress peer;  // IPv4 peers have IPv4 addresses, never IPv4-mapped ones
  std::string body;
  std::shared_ptr<void> hold;  // Admission::hold
};

// A response that is made once and sent many times, octet for octet: never compressed, and without
// the fields that protect pages.
struct FixedResponse {
  std::string
      head;  // status line and fields, each with its line end; Date and Connection are added
  std::string body;
};
using FixedResponsePtr = std::shared_ptr<const FixedResponse>;

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  present::BodySource source;  // set: produces the body piece by piece; `body` is empty
  std::string allow;           // Allow, with 405
  // Further fields; each replaces one of the same name that every response has.
  std::vector<std::pair<std::string, std::string>> fields;
  // Age (RFC 9111 §5.1): how old what the response says is; empty: not said.
  std::optional<std::chrono::seconds> age;
  std::chrono::seconds retry_after{0};  // Retry-After (RFC 9110 §10.2.3), 0: not said
  // Announced by Content-Length beyond the body, and never sent; the connection is closed instead.
  // The client sees an incomplete response (RFC 9112 §8), which even clients that ignore the status
  // take for a failure. Only without `source`.
  size_t withheld_bytes = 0;
  FixedResponsePtr fixed;  // set: the response, and nothing else in this struct counts
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
};

// The sentence and a newline, as plain text.
HttpResponse text_response(int status, std::string_view sentence);
// What is busy now is not so for long.
inline constexpr std::chrono::seconds kRetryAfter{5};
// 429 or 503 (RFC 6585 §4, RFC 9110 §15.6.4) for a request that is one too many.
HttpResponse retry_response(int status, std::string_view sentence,
                            std::chrono::seconds after = kRetryAfter);
HttpResponse json_response(int status, std::string json);
// A page from present/, with its Content-Security-Policy.
HttpResponse page_response(int status, std::string page);
HttpResponse stream_response(std::string_view type, present::BodySource source);
// `status`: "404 Not Found"; `fields`: whole lines. Adds Content-Length, and forbids to cache.
FixedResponsePtr fixed_response(std::string_view status, std::string_view fields,
                                std::string body = {});

}  // namespace mtasts::web
