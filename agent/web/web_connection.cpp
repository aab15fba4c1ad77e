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
#include "web/request_faults.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

// How much a refused peer may still send, and for how long, before the server closes the
// connection.
constexpr size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr size_t kReadStep = 4096;
// A read of a body of this length or more is progress; fewer octets at once are a trickle.
constexpr size_t kProgress_bytes = 512;
constexpr std::string_view kLineEnd = "\r\n";

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

std::optional<steady_clock::time_point> WebConnection::waiting_since() const {
  if (!waiting_since_) return std::nullopt;
  return std::max(*waiting_since_, writer_.progressed());
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
  error_code error;
  stream_->expires_after(limits_.idle);
  idle_ = buffer_.size() == 0;
  // RFC 9112 §2.2: one empty line before a request is ignored.
  for (bool skipped = false; !error; skipped = true) {
    if (buffer_.size() == 0) {
      auto room = buffer_.prepare(kReadStep);
      size_t length = co_await stream_->read_some(room, error);
      buffer_.commit(length);
    }
    if (skipped || !unread().starts_with(kLineEnd)) break;
    buffer_.consume(kLineEnd.size());
  }
  idle_ = false;
  co_return !error;
}

std::string_view WebConnection::unread() const {
  const auto octets = buffer_.data();
  return {static_cast<const char*>(octets.data()), octets.size()};
}

asio::awaitable<error_code> WebConnection::read_more() {
  const size_t space = std::min(kReadStep, buffer_.max_size() - buffer_.size());
  if (space == 0) co_return http::error::buffer_overflow;
  error_code error;
  auto room = buffer_.prepare(space);
  last_length_ = co_await stream_->read_some(room, error);
  buffer_.commit(last_length_);
  co_return error;
}

asio::awaitable<error_code> WebConnection::parse_head(Parser& parser) {
  HeadCheck check;
  size_t checked = 0;  // of what is unread
  size_t parsed = 0;   // the parser counts the octets of single lines alone
  while (!parser.is_header_done()) {
    head_fault_ = check.take(unread().substr(checked));
    if (head_fault_ != HeadFault::none) co_return http::error::bad_value;
    error_code error;
    const size_t used = parser.put(buffer_.data(), error);
    buffer_.consume(used);
    checked = buffer_.size();
    parsed += used;
    const size_t size = parser.is_header_done() ? parsed : parsed + checked;
    if (size > limits_.header_bytes) co_return http::error::header_limit;
    if (!error) continue;
    if (error != http::error::need_more) co_return error;
    error = co_await read_more();
    if (error) co_return error;
  }
  co_return error_code();
}

asio::awaitable<error_code> WebConnection::parse_body(Parser& parser) {
  while (!parser.is_done()) {
    error_code error = http::error::need_more;
    if (buffer_.size() > 0) {
      const size_t used = parser.put(buffer_.data(), error);
      buffer_.consume(used);
    }
    if (!error) continue;
    if (error != http::error::need_more) co_return error;
    error = co_await read_more();
    if (error) co_return error;
    if (last_length_ >= kProgress_bytes) waiting_since_ = steady_clock::now();
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
  error_code error = co_await parse_body(parser);
  co_return error;
}

asio::awaitable<bool> WebConnection::serve_one() {
  bool more = co_await wait_for_octets();
  if (!more) co_return false;
  Parser parser;
  parser.header_limit(static_cast<uint32_t>(limits_.header_bytes));
  parser.body_limit(boost::none);  // set once the header is known
  stream_->expires_after(limits_.request);
  error_code error = co_await parse_head(parser);
  if (error) {
    more = co_await refuse_error(error);
    co_return more;
  }
  HttpRequest request = plain_request(parser.get(), stream_->peer());
  if (auto announced = parser.content_length()) request.announced_bytes = *announced;
  ResponseMode mode = mode_of(parser.get());
  if (auto fault = fault_of(request, parser.get())) {
    more = co_await refuse(std::move(*fault), mode);
    co_return more;
  }
  Admission admission = handler_.admit(request);
  request.hold = std::move(admission.hold);
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
  waiting_since_ = steady_clock::now();
  more = co_await writer_.send(mode, std::move(response));
  waiting_since_ = steady_clock::now();
  co_return more;
}

std::optional<HttpResponse> WebConnection::fault_of(HttpRequest& request,
                                                    const Header& header) const {
  auto fault = coding_fault(header.version(), joined_fields(header, "Transfer-Encoding"));
  if (!fault && !handler_.judges_host()) fault = host_fault(request);
  return fault;
}

asio::awaitable<bool> WebConnection::refuse_error(error_code error) {
  HttpResponse response;
  if (head_fault_ != HeadFault::none)
    response = response_to(head_fault_);
  else if (error == http::error::bad_version && has_http_version(unread()))
    response = text_response(505, "Only HTTP/1.1 and HTTP/1.0 are implemented.");
  else if (error == http::error::header_limit || error == http::error::buffer_overflow)
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
  waiting_since_.reset();
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
