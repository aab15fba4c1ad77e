// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebConnection: one connection of the web server; reads requests, passes them to the handler and
// writes the responses. Includes Beast; only for the files of the server. Loop thread of the web
// server only; responses from other threads arrive through the LoopHandle. Held by shared pointer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "web/handler.h"
#include "web/head_check.h"
#include "web/loop_handle.h"
#include "web/response_writer.h"
#include "web/web_limits.h"
#include "web/web_stream.h"

namespace mtasts::web {

class WebConnection : public std::enable_shared_from_this<WebConnection> {
 public:
  // The handler and the limits must outlive the connection.
  WebConnection(std::unique_ptr<WebStream> stream, const Handler& handler, const WebLimits& limits,
                std::shared_ptr<LoopHandle> loop);

  // Runs until the peer or the server closes the connection. Never throws because of the peer.
  boost::asio::awaitable<void> run();

  // Since when the server waits for the peer: for the rest of the handshake, of a request or its
  // next part of some size, or until it takes more of the response. Nothing while the handler
  // works.
  std::optional<std::chrono::steady_clock::time_point> waiting_since() const;

  // Reads no further request; an idle connection closes immediately.
  void finish();
  // Closes the connection immediately.
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Header = boost::beast::http::request_header<>;
  using Error = boost::system::error_code;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<bool> wait_for_octets();
  Awaitable<bool> serve_one();
  Awaitable<Error> parse_head(Parser& parser);
  Awaitable<Error> parse_body(Parser& parser);
  Awaitable<Error> read_more();
  std::string_view unread() const;
  // The response to a request that is not valid; the connection is closed after it.
  std::optional<HttpResponse> fault_of(HttpRequest& request, const Header& header) const;
  Awaitable<Error> read_body(Parser& parser, size_t limit);
  // Responds to a request that cannot be read further and closes the connection; returns false.
  Awaitable<bool> refuse(HttpResponse response, ResponseMode mode);
  Awaitable<bool> refuse_error(Error error);
  Awaitable<HttpResponse> ask_handler(const HttpRequest& request);
  void deliver(uint64_t question, HttpResponse response);
  Awaitable<void> linger();

  const std::unique_ptr<WebStream> stream_;
  const Handler& handler_;
  const WebLimits& limits_;
  const std::shared_ptr<LoopHandle> loop_;
  ResponseWriter writer_;
  boost::beast::flat_buffer buffer_;
  size_t last_length_ = 0;  // of the latest read_more()
  HeadFault head_fault_ = HeadFault::none;
  boost::asio::steady_timer answer_timer_;
  uint64_t question_ = 0;               // number of requests passed to the handler
  std::optional<HttpResponse> answer_;  // the response to the latest request
  bool idle_ = false;                   // between two requests
  std::optional<std::chrono::steady_clock::time_point> waiting_since_ =
      std::chrono::steady_clock::now();
  bool finishing_ = false;
};

}  // namespace mtasts::web
