// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// One connection of the web server: reads requests, has the site answer them, writes responses.
// Included by the two files of the server alone, for it brings Beast along. Loop thread of the web
// server only; what comes from other threads passes the Gate.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "web/web_server.h"

namespace mtasts::web {

// Lets other threads post work to the loop as long as there is one.
class Gate {
 public:
  explicit Gate(boost::asio::io_context& loop) : loop_(&loop) {}
  // Dropped when the loop is gone.
  void post(std::function<void()> work);
  void close();

 private:
  std::mutex mutex_;
  boost::asio::io_context* loop_;  // null: gone
};

class WebConnection {
 public:
  WebConnection(boost::asio::ip::tcp::socket socket, const WebSite& site, const WebLimits& limits,
                std::shared_ptr<Gate> gate);

  // Until the peer or we have had enough. Never throws for what the peer does.
  boost::asio::awaitable<void> run();

  // No further request will be read; an idle connection ends now.
  void finish();
  // Ends now, whatever it does.
  void close();

 private:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Head = boost::beast::http::response<boost::beast::http::empty_body>;
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;

  Awaitable<bool> wait_for_octets();
  Awaitable<bool> serve_one();
  Awaitable<void> refuse(int status, std::string_view sentence);
  Awaitable<HttpResponse> ask_site(HttpRequest request);
  Awaitable<bool> send(const Request& request, HttpResponse response);
  Awaitable<bool> send_whole(Head& head, std::string body, bool body_wanted);
  Awaitable<bool> send_pieces(Head& head, present::BodySource source, bool compressed);
  Awaitable<void> linger();

  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  boost::asio::steady_timer answer_timer_;
  const WebSite& site_;
  const WebLimits& limits_;
  std::shared_ptr<Gate> gate_;
  bool idle_ = false;
  bool finishing_ = false;
};

}  // namespace mtasts::web
