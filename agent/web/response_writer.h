// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Writes one response to a stream: header fields, gzip if the client accepts it, a body with
// Content-Length or in chunks, no body for HEAD (RFC 9112 §6, RFC 9110 §9.3.2). Each write is
// limited by WebLimits::write, and a response sent piece by piece by WebLimits::response in total.
// Includes Beast; only for the files of the server. Loop thread of the web server.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <chrono>
#include <string>

#include "web/http_message.h"
#include "web/web_limits.h"
#include "web/web_stream.h"

namespace mtasts::web {

// The properties of a request that its response depends on.
struct ResponseMode {
  unsigned version = 11;  // 10: HTTP/1.0
  bool keep_alive = false;
  bool head_only = false;
  bool gzip = false;  // the client accepts gzip
};

class ResponseWriter {
 public:
  ResponseWriter(WebStream& stream, const WebLimits& limits) : stream_(stream), limits_(limits) {}

  // True when the response was sent completely and the connection can take another request.
  boost::asio::awaitable<bool> send(ResponseMode mode, HttpResponse response);

  // When the peer last took a whole piece of a response.
  std::chrono::steady_clock::time_point progressed() const { return progressed_; }

 private:
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<bool> send_fixed(ResponseMode mode, const FixedResponse& response);
  Awaitable<bool> send_whole(Head& head, const std::string& body);
  Awaitable<bool> send_pieces(Head& head, present::BodySource source, bool compressed);

  WebStream& stream_;
  const WebLimits& limits_;
  std::string fixed_head_;
  std::chrono::steady_clock::time_point progressed_{};
};

}  // namespace mtasts::web
