// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One connection of the web server: reads requests, has the handler answer them, writes responses.
// Included by the files of the server alone, for it brings Beast along. Loop thread of the web
// server only; responses from other threads come by the LoopHandle. Held by shared pointer.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "web/handler.h"
#include "web/loop_handle.h"
#include "web/response_writer.h"
#include "web/web_limits.h"
#include "web/web_stream.h"

namespace mtasts::web {

class WebConnection : public std::enable_shared_from_this<WebConnection> {
 public:
  // Handler and limits must outlive the connection.
  WebConnection(std::unique_ptr<WebStream> stream, const Handler& handler, const WebLimits& limits,
                std::shared_ptr<LoopHandle> loop);

  // Until the peer or we have had enough. Never throws for what the peer does.
  boost::asio::awaitable<void> run();

  // No further request will be read; an idle connection ends now.
  void finish();
  // Ends now, whatever it does.
  void close();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Error = boost::system::error_code;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<bool> wait_for_octets();
  Awaitable<bool> serve_one();
  // Reads on until the header, or the whole, is parsed.
  Awaitable<Error> parse(Parser& parser, bool header_alone);
  Awaitable<Error> read_body(Parser& parser, size_t limit);
  // Answers what cannot be read on, and hangs up; false.
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
  boost::asio::steady_timer answer_timer_;
  uint64_t question_ = 0;               // counts what the handler was asked
  std::optional<HttpResponse> answer_;  // to the latest question
  bool idle_ = false;
  bool finishing_ = false;
};

}  // namespace mtasts::web
