// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <utility>

#include "web/gzip.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;

// How much a refused peer may still send, and for how long, before the server closes the
// connection.
constexpr size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr size_t kReadStep = 4096;

using Header = http::request_header<>;

std::string field(const Header& header, beast::string_view name) {
  auto place = header.find(name);
  return place == header.end() ? std::string() : std::string(place->value());
}

// Of several fields of the name, the one that the nearest proxy added.
std::string last_field(const Header& header, beast::string_view name) {
  std::string last;
  auto range = header.equal_range(name);
  for (auto place = range.first; place != range.second; ++place) last = std::string(place->value());
  return last;
}

// Several fields of the name are one list (RFC 9110 §5.3).
std::string joined_fields(const Header& header, beast::string_view name) {
  std::string list;
  auto range = header.equal_range(name);
  for (auto place = range.first; place != range.second; ++place)
    list.append(list.empty() ? "" : ", ").append(place->value().data(), place->value().size());
  return list;
}

HttpRequest plain_request(const Header& header, const IpAddress& peer) {
  HttpRequest plain;
  plain.method = std::string(header.method_string());
  plain.target = std::string(header.target());
  plain.version = header.version();
  plain.host = field(header, "Host");
  plain.host_fields = header.count("Host");
  plain.user_agent = field(header, "User-Agent");
  plain.origin = field(header, "Origin");
  plain.fetch_site = field(header, "Sec-Fetch-Site");
  plain.accept = joined_fields(header, "Accept");
  plain.scrape_timeout = field(header, "X-Prometheus-Scrape-Timeout-Seconds");
  plain.content_type = field(header, "Content-Type");
  plain.content_encoding = field(header, "Content-Encoding");
  plain.authorization = field(header, "Authorization");
  plain.forwarded_for = last_field(header, "X-Forwarded-For");
  plain.peer = peer;
  return plain;
}

ResponseMode mode_of(const http::request<http::string_body>& request) {
  ResponseMode mode;
  mode.version = request.version();
  mode.keep_alive = request.keep_alive();
  mode.head_only = request.method() == http::verb::head;
  mode.gzip = accepts_gzip(field(request, "Accept-Encoding"));
  return mode;
}

bool is_http_error(const error_code& error) {
  return error.category() == make_error_code(http::error::bad_method).category();
}

}  // namespace

WebConnection::WebConnection(std::unique_ptr<WebStream> stream, const Handler& handler,
                             const WebLimits& limits, std::shared_ptr<LoopHandle> loop)
    : stream_(std::move(stream)),
      handler_(handler),
      limits_(limits),
      loop_(std::move(loop)),
      writer_(*stream_, limits_),
      buffer_(limits.header_bytes + kReadStep),
      answer_timer_(stream_->executor()) {}

asio::awaitable<void> WebConnection::run() {
  error_code error;
  stream_->expires_after(limits_.handshake);
  co_await stream_->handshake(error);
  bool more = !error;
  while (more && !finishing_) more = co_await serve_one();
  stream_->expires_after(kLingerTime);
  co_await stream_->half_close(error);
  close();
}

std::optional<std::chrono::steady_clock::time_point> WebConnection::idle_since() const {
  if (!idle_) return std::nullopt;
  return idle_since_;
}

void WebConnection::finish() {
  finishing_ = true;
  answer_timer_.cancel();
  if (idle_) close();
}

void WebConnection::close() {
  answer_timer_.cancel();
  stream_->close();
}

// The wait between two requests may be longer than a pause within a request.
asio::awaitable<bool> WebConnection::wait_for_octets() {
  if (buffer_.size() > 0) co_return true;
  idle_ = true;
  idle_since_ = std::chrono::steady_clock::now();
  stream_->expires_after(limits_.idle);
  error_code error;
  auto room = buffer_.prepare(kReadStep);
  size_t length = co_await stream_->read_some(room, error);
  idle_ = false;
  buffer_.commit(length);
  co_return !error;
}

asio::awaitable<error_code> WebConnection::parse(Parser& parser, bool header_alone) {
  while (header_alone ? !parser.is_header_done() : !parser.is_done()) {
    error_code error = http::error::need_more;
    if (buffer_.size() > 0) {
      const size_t used = parser.put(buffer_.data(), error);
      buffer_.consume(used);
    }
    if (!error) continue;
    if (error != http::error::need_more) co_return error;
    const size_t space = std::min(kReadStep, buffer_.max_size() - buffer_.size());
    if (space == 0) co_return http::error::buffer_overflow;
    error = error_code();
    auto room = buffer_.prepare(space);
    size_t length = co_await stream_->read_some(room, error);
    buffer_.commit(length);
    if (error) co_return error;
  }
  co_return error_code();
}

asio::awaitable<error_code> WebConnection::read_body(Parser& parser, size_t limit) {
  auto announced = parser.content_length();
  if (announced && *announced > limit) co_return http::error::body_limit;
  parser.body_limit(limit);
  const std::string expect = field(parser.get(), "Expect");
  bool waits = parser.get().version() >= 11 && limit > 0 && buffer_.size() == 0 &&
               beast::iequals(expect, "100-continue");
  if (!parser.is_done() && waits) {
    // RFC 9110 §10.1.1: the client waits for 100 (Continue) before it sends the body.
    static const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::vector<asio::const_buffer> octets(1, asio::buffer(kContinue));
    error_code error;
    co_await stream_->write(octets, error);
    if (error) co_return error;
  }
  error_code error = co_await parse(parser, false);
  co_return error;
}

asio::awaitable<bool> WebConnection::serve_one() {
  bool more = co_await wait_for_octets();
  if (!more) co_return false;
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(limits_.header_bytes));
  parser.body_limit(boost::none);  // set once the header is known
  stream_->expires_after(limits_.request);
  error_code error = co_await parse(parser, true);
  if (error) {
    more = co_await refuse_error(error);
    co_return more;
  }
  HttpRequest request = plain_request(parser.get(), stream_->peer());
  if (auto announced = parser.content_length()) request.announced_bytes = *announced;
  Admission admission = handler_.admit(request);
  request.hold = std::move(admission.hold);
  ResponseMode mode = mode_of(parser.get());
  if (admission.refusal && !parser.is_done()) {
    more = co_await refuse(std::move(*admission.refusal), mode);
    co_return more;
  }
  HttpResponse response;
  if (admission.refusal) {
    response = std::move(*admission.refusal);
  } else {
    error = co_await read_body(parser, admission.body_bytes);
    if (error) {
      more = co_await refuse_error(error);
      co_return more;
    }
    request.body = std::move(parser.get().body());
    response = co_await ask_handler(request);
  }
  mode.keep_alive = mode.keep_alive && !finishing_;
  more = co_await writer_.send(mode, std::move(response));
  co_return more;
}

asio::awaitable<bool> WebConnection::refuse_error(error_code error) {
  HttpResponse response;
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    response = text_response(431, "The request header is too large.");
  else if (error == http::error::body_limit)
    response = text_response(413, "The request body is too large.");
  else if (is_http_error(error))
    response = text_response(400, "The request is not valid HTTP.");
  else
    co_return false;  // transport error: nobody can read a response
  const ResponseMode mode;
  bool more = co_await refuse(std::move(response), mode);
  co_return more;
}

asio::awaitable<bool> WebConnection::refuse(HttpResponse response, ResponseMode mode) {
  mode.keep_alive = false;
  co_await writer_.send(mode, std::move(response));
  co_await linger();
  co_return false;
}

asio::awaitable<HttpResponse> WebConnection::ask_handler(const HttpRequest& request) {
  answer_.reset();
  answer_timer_.expires_after(limits_.answer);
  // The response may come from any thread, twice, too late, or after the connection and the loop
  // are gone.
  const uint64_t question = ++question_;
  Handler::Done done = [loop = loop_, connection = weak_from_this(),
                        question](HttpResponse response) {
    loop->post([connection, question, response = std::move(response)]() mutable {
      if (auto waiting = connection.lock()) waiting->deliver(question, std::move(response));
    });
  };
  handler_.answer(request, done);
  error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  co_await answer_timer_.async_wait(token);
  ++question_;  // any later response is ignored
  if (answer_) co_return std::move(*answer_);
  co_return handler_.no_answer(finishing_);
}

void WebConnection::deliver(uint64_t question, HttpResponse response) {
  if (question != question_ || answer_) return;
  answer_ = std::move(response);
  answer_timer_.cancel();
}

// Closing a socket while the peer still sends causes a reset, and the peer may never see the
// response (RFC 9112 §9.6).
asio::awaitable<void> WebConnection::linger() {
  error_code error;
  stream_->expires_after(kLingerTime);
  co_await stream_->half_close(error);
  size_t total = 0;
  std::string rubbish(kReadStep, '\0');
  auto room = asio::buffer(rubbish);
  while (!error && total < kLingerBytes) {
    size_t length = co_await stream_->read_some(room, error);
    total += length;
  }
}

}  // namespace mtasts::web
