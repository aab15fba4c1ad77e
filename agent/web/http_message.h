// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A request and a response as plain values, between the server (which knows sockets) and the site
// (which knows routes). Only what the routes need of a request is kept. Any thread.
#pragma once

#include <string>

#include "present/exposition.h"

namespace mtasts::web {

struct HttpRequest {
  std::string method;          // "GET"
  std::string target;          // as sent: path and query, percent-encoded
  std::string host;            // Host
  std::string origin;          // Origin; empty: not sent by a page's script or form
  std::string fetch_site;      // Sec-Fetch-Site
  std::string scrape_timeout;  // X-Prometheus-Scrape-Timeout-Seconds
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  present::BodySource source;  // set: the body comes from here, piece by piece, and `body` is empty
  std::string allow;           // Allow, with 405
  std::string content_security_policy = "default-src 'none'; frame-ancestors 'none'";
};

}  // namespace mtasts::web
