// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/web_connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/serializer.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "web/gzip.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;

// Shorter bodies do not fit in fewer packets when compressed.
constexpr size_t kSmallestCompressed = 1024;
// What a refused peer may still send before we stop listening, and for how long.
constexpr size_t kLingerBytes = 256 * 1024;
constexpr std::chrono::milliseconds kLingerTime{1000};
constexpr size_t kReadStep = 4096;

std::string field(const http::request<http::string_body>& request, boost::beast::string_view name) {
  auto place = request.find(name);
  return place == request.end() ? std::string() : std::string(place->value());
}

HttpRequest plain_request(const http::request<http::string_body>& request) {
  HttpRequest plain;
  plain.method = std::string(request.method_string());
  plain.target = std::string(request.target());
  plain.host = field(request, "Host");
  plain.origin = field(request, "Origin");
  plain.fetch_site = field(request, "Sec-Fetch-Site");
  plain.scrape_timeout = field(request, "X-Prometheus-Scrape-Timeout-Seconds");
  return plain;
}

void set_fields(http::response<http::empty_body>& head, const HttpResponse& response) {
  head.result(static_cast<unsigned>(response.status));
  head.set(http::field::content_type, response.content_type);
  head.set(http::field::cache_control, "no-store");
  head.set("Content-Security-Policy", response.content_security_policy);
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  head.set(http::field::vary, "Accept-Encoding");
  if (!response.allow.empty()) head.set(http::field::allow, response.allow);
}

}  // namespace

void Gate::post(std::function<void()> work) {
  std::lock_guard lock(mutex_);
  if (loop_ != nullptr) asio::post(*loop_, std::move(work));
}

void Gate::close() {
  std::lock_guard lock(mutex_);
  loop_ = nullptr;
}

WebConnection::WebConnection(asio::ip::tcp::socket socket, const WebSite& site,
                             const WebLimits& limits, std::shared_ptr<Gate> gate)
    : stream_(std::move(socket)),
      buffer_(limits.header_bytes + limits.body_bytes),
      answer_timer_(stream_.get_executor()),
      site_(site),
      limits_(limits),
      gate_(std::move(gate)) {
  // Head and body are written apart: Nagle's algorithm would hold the body until the peer's delayed
  // acknowledgement of the head.
  error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
}

asio::awaitable<void> WebConnection::run() {
  bool more = true;
  while (more && !finishing_) more = co_await serve_one();
  close();
}

void WebConnection::finish() {
  finishing_ = true;
  answer_timer_.cancel();
  if (idle_) close();
}

void WebConnection::close() {
  error_code ignored;
  answer_timer_.cancel();
  stream_.socket().close(ignored);
}

// A connection that waits for its next request may wait longer than one that is in the middle of
// one.
asio::awaitable<bool> WebConnection::wait_for_octets() {
  if (buffer_.size() > 0) co_return true;
  idle_ = true;
  stream_.expires_after(limits_.idle);
  error_code error;
  auto room = buffer_.prepare(kReadStep);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  size_t length = co_await stream_.async_read_some(room, token);
  idle_ = false;
  buffer_.commit(length);
  co_return !error;
}

asio::awaitable<bool> WebConnection::serve_one() {
  bool more = co_await wait_for_octets();
  if (!more) co_return false;
  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<uint32_t>(limits_.header_bytes));
  parser.body_limit(limits_.body_bytes);
  stream_.expires_after(limits_.request);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await http::async_read(stream_, buffer_, parser, token);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    co_await refuse(431, "The request header is too large.");
    co_return false;
  }
  if (error == http::error::body_limit) {
    co_await refuse(413, "The request body is too large.");
    co_return false;
  }
  if (error && error.category() == make_error_code(http::error::bad_method).category() &&
      error != http::error::end_of_stream && error != http::error::partial_message) {
    co_await refuse(400, "The request is not valid HTTP.");
    co_return false;
  }
  if (error) co_return false;
  Request request = parser.release();
  HttpRequest plain = plain_request(request);
  HttpResponse response = co_await ask_site(std::move(plain));
  bool sent = co_await send(request, std::move(response));
  co_return sent;
}

asio::awaitable<void> WebConnection::refuse(int status, std::string_view sentence) {
  Request request;
  request.version(11);
  request.keep_alive(false);
  HttpResponse response;
  response.status = status;
  response.body = std::string(sentence) + "\n";
  co_await send(request, std::move(response));
  co_await linger();
}

asio::awaitable<HttpResponse> WebConnection::ask_site(HttpRequest request) {
  auto answer = std::make_shared<std::optional<HttpResponse>>();
  answer_timer_.expires_after(limits_.answer);
  // The answer may come from any thread, and after this connection is gone.
  std::weak_ptr<std::optional<HttpResponse>> place = answer;
  auto deliver = [gate = gate_, place, timer = &answer_timer_](HttpResponse response) {
    gate->post([place, timer, response = std::move(response)]() mutable {
      auto waiting = place.lock();
      if (waiting == nullptr || waiting->has_value()) return;
      *waiting = std::move(response);
      timer->cancel();
    });
  };
  WebSite::Done done = deliver;
  site_.answer(request, done);
  error_code ignored;
  auto token = asio::redirect_error(asio::use_awaitable, ignored);
  if (!answer->has_value()) co_await answer_timer_.async_wait(token);
  if (answer->has_value()) co_return std::move(**answer);
  HttpResponse late;
  late.status = finishing_ ? 503 : 504;
  late.body = finishing_ ? "The agent is shutting down.\n" : "The request timed out.\n";
  co_return late;
}

asio::awaitable<bool> WebConnection::send(const Request& request, HttpResponse response) {
  bool keep = request.keep_alive() && !finishing_;
  bool head_only = request.method() == http::verb::head;
  Head head;
  head.version(request.version());
  set_fields(head, response);
  bool compress = accepts_gzip(field(request, "Accept-Encoding")) &&
                  (response.source || response.body.size() >= kSmallestCompressed);
  if (response.source) {
    // HTTP/1.0 has no chunks: the end of the connection is the end of the body.
    bool chunks = request.version() >= 11;
    head.keep_alive(keep && chunks);
    head.chunked(chunks);
    if (compress) head.set(http::field::content_encoding, "gzip");
    present::BodySource source;
    if (!head_only) source = std::move(response.source);
    bool sent = co_await send_pieces(head, std::move(source), compress);
    co_return (sent && keep && chunks);
  }
  std::string body = std::move(response.body);
  if (compress) {
    std::string small = gzipped(body);
    if (!small.empty()) {
      body = std::move(small);
      head.set(http::field::content_encoding, "gzip");
    }
  }
  head.keep_alive(keep);
  head.content_length(body.size());
  bool sent = co_await send_whole(head, std::move(body), !head_only);
  co_return (sent && keep);
}

asio::awaitable<bool> WebConnection::send_whole(Head& head, std::string body, bool body_wanted) {
  http::response_serializer<http::empty_body> serializer(head);
  stream_.expires_after(limits_.write);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await http::async_write_header(stream_, serializer, token);
  if (error || !body_wanted || body.empty()) co_return !error;
  auto octets = asio::buffer(body);
  co_await asio::async_write(stream_, octets, token);
  co_return !error;
}

asio::awaitable<bool> WebConnection::send_pieces(Head& head, present::BodySource source,
                                                 bool compressed) {
  const auto end = steady_clock::now() + limits_.response;
  bool headed = co_await send_whole(head, std::string(), false);
  if (!headed || !source) co_return headed;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  GzipStream gzip;
  std::string piece;
  std::string packed;
  for (bool more = true; more;) {
    piece.clear();
    more = source(piece);
    if (compressed) {
      packed.clear();
      if (!gzip.usable()) co_return false;
      gzip.compress(piece, !more, packed);
    }
    const std::string& octets = compressed ? packed : piece;
    if (octets.empty()) continue;
    if (steady_clock::now() > end) co_return false;
    stream_.expires_after(limits_.write);
    auto buffer = asio::buffer(octets);
    if (head.chunked()) {
      auto chunk = http::make_chunk(buffer);
      co_await asio::async_write(stream_, chunk, token);
    } else {
      co_await asio::async_write(stream_, buffer, token);
    }
    if (error) co_return false;
  }
  if (head.chunked()) {
    auto last = http::make_chunk_last();
    co_await asio::async_write(stream_, last, token);
  }
  co_return !error;
}

// A socket closed while the peer still sends is reset, and the peer may never see why it was
// refused (RFC 9112 §9.6).
asio::awaitable<void> WebConnection::linger() {
  error_code error;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
  stream_.expires_after(kLingerTime);
  auto token = asio::redirect_error(asio::use_awaitable, error);
  size_t total = 0;
  std::string rubbish(kReadStep, '\0');
  auto room = asio::buffer(rubbish);
  while (!error && total < kLingerBytes) {
    size_t length = co_await stream_.async_read_some(room, token);
    total += length;
  }
}

}  // namespace mtasts::web
