// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes one response to a stream: header fields, gzip where the client takes it, a body with its
// length or in chunks, no body for HEAD (RFC 9112 §6, RFC 9110 §9.3.2). Each write has the time of
// WebLimits::write, a response that comes piece by piece WebLimits::response for all of it.
// Included with Beast by the files of the server alone. Loop thread of the web server.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <string>

#include "web/http_message.h"
#include "web/web_limits.h"
#include "web/web_stream.h"

namespace mtasts::web {

// What of the request shapes its response.
struct ResponseMode {
  unsigned version = 11;  // 10: HTTP/1.0
  bool keep_alive = false;
  bool head_only = false;
  bool gzip = false;  // the client takes it
};

class ResponseWriter {
 public:
  ResponseWriter(WebStream& stream, const WebLimits& limits) : stream_(stream), limits_(limits) {}

  // True when it was sent whole and the connection may take another request.
  boost::asio::awaitable<bool> send(ResponseMode mode, HttpResponse response);

 private:
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<bool> send_whole(Head& head, const std::string& body);
  Awaitable<bool> send_pieces(Head& head, present::BodySource source, bool compressed);

  WebStream& stream_;
  const WebLimits& limits_;
};

}  // namespace mtasts::web
