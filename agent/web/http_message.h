// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A request and a response as plain values, between the server (which knows sockets) and the
// handlers (which know routes). Only what handlers need of a request is kept. Any thread.
#pragma once

#include <string>

#include "base/ip_address.h"
#include "present/exposition.h"

namespace mtasts::web {

struct HttpRequest {
  std::string method;            // "GET"
  std::string target;            // as sent: path and query, percent-encoded
  std::string host;              // Host
  std::string origin;            // Origin; empty: not sent by a page's script or form
  std::string fetch_site;        // Sec-Fetch-Site
  std::string scrape_timeout;    // X-Prometheus-Scrape-Timeout-Seconds
  std::string content_type;      // Content-Type, of the body
  std::string content_encoding;  // Content-Encoding; the body is as sent, never decoded
  IpAddress peer;                // the other end of the connection; an IPv4 peer is never mapped
  std::string body;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  present::BodySource source;  // set: the body comes from here, piece by piece, and `body` is empty
  std::string allow;           // Allow, with 405
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
};

// The sentence and a line end, as plain text.
HttpResponse text_response(int status, std::string_view sentence);
HttpResponse json_response(int status, std::string json);
// A page of present/, with its content security policy.
HttpResponse page_response(int status, std::string page);
HttpResponse stream_response(std::string_view type, present::BodySource source);

}  // namespace mtasts::web
