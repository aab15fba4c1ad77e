// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/response_writer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/serializer.hpp>
#include <ctime>
#include <utility>

#include "web/gzip.h"

namespace mtasts::web {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::steady_clock;
using Head = http::response<http::empty_body>;

// Compressing shorter bodies does not save a packet.
constexpr size_t kSmallestCompressed = 1024;

void set_fields(Head& head, const HttpResponse& response) {
  head.result(static_cast<unsigned>(response.status));
  head.set(http::field::content_type, response.content_type);
  head.set(http::field::cache_control, "no-store");
  head.set("Content-Security-Policy", response.content_security_policy);
  head.set("X-Content-Type-Options", "nosniff");
  head.set("Referrer-Policy", "no-referrer");
  head.set(http::field::vary, "Accept-Encoding");
  if (!response.allow.empty()) head.set(http::field::allow, response.allow);
  for (const auto& [name, value] : response.fields) head.set(name, value);
  if (response.age) head.set(http::field::age, std::to_string(response.age->count()));
  if (response.retry_after.count() > 0)
    head.set(http::field::retry_after, std::to_string(response.retry_after.count()));
}

std::string text_of(Head& head) {
  http::response_serializer<http::empty_body> serializer(head);
  serializer.split(true);
  std::string text;
  error_code ignored;
  serializer.next(ignored, [&text](error_code&, const auto& buffers) {
    text = boost::beast::buffers_to_string(buffers);
  });
  return text;
}

// RFC 9110 §6.6.1: "Date: Sat, 28 Nov 2026 10:00:00 GMT", made once a second.
std::string_view date_line() {
  thread_local std::time_t made_for = 0;
  thread_local std::string line;
  const std::time_t now = std::time(nullptr);
  if (line.empty() || now != made_for) {
    made_for = now;
    line = fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(now));
  }
  return line;
}

// One chunk (RFC 9112 §7.1) around the octets, without copying them.
class Chunk {
 public:
  explicit Chunk(const std::string& octets)
      : size_line_(fmt::format("{:x}\r\n", octets.size())),
        buffers_({asio::buffer(size_line_), asio::buffer(octets), asio::buffer(kLineEnd, 2)}) {}
  Chunk(const Chunk&) = delete;
  Chunk& operator=(const Chunk&) = delete;
  const std::vector<asio::const_buffer>& buffers() const { return buffers_; }

 private:
  static constexpr const char* kLineEnd = "\r\n";
  std::string size_line_;
  std::vector<asio::const_buffer> buffers_;
};

}  // namespace

asio::awaitable<bool> ResponseWriter::send(ResponseMode mode, HttpResponse response) {
  if (response.fixed != nullptr) {
    bool sent = co_await send_fixed(mode, *response.fixed);
    co_return sent;
  }
  Head head;
  head.version(mode.version);
  set_fields(head, response);
  const bool compress =
      mode.gzip && (response.source || response.body.size() >= kSmallestCompressed);
  if (response.source) {
    // HTTP/1.0 has no chunked encoding: closing the connection ends the body.
    const bool chunks = mode.version >= 11;
    head.keep_alive(mode.keep_alive && chunks);
    head.chunked(chunks);
    if (compress) head.set(http::field::content_encoding, "gzip");
    present::BodySource source;
    if (!mode.head_only) source = std::move(response.source);
    bool sent = co_await send_pieces(head, std::move(source), compress);
    co_return (sent && mode.keep_alive && chunks);
  }
  std::string body = std::move(response.body);
  const size_t withheld = mode.head_only ? 0 : response.withheld_bytes;
  if (withheld > 0) mode.keep_alive = false;
  if (compress) {
    std::string small = gzipped(body);
    if (!small.empty()) {
      body = std::move(small);
      head.set(http::field::content_encoding, "gzip");
    }
  }
  head.keep_alive(mode.keep_alive);
  head.content_length(body.size() + withheld);
  if (mode.head_only) body.clear();
  bool sent = co_await send_whole(head, body);
  co_return (sent && mode.keep_alive);
}

// RFC 9112 §9.3: HTTP/1.1 keeps the connection unless told otherwise, HTTP/1.0 closes it.
asio::awaitable<bool> ResponseWriter::send_fixed(ResponseMode mode, const FixedResponse& response) {
  fixed_head_.assign(response.head).append(date_line());
  if (!mode.keep_alive)
    fixed_head_ += "Connection: close\r\n";
  else if (mode.version < 11)
    fixed_head_ += "Connection: keep-alive\r\n";
  fixed_head_ += "\r\n";
  std::vector<asio::const_buffer> octets;
  octets.reserve(2);
  octets.push_back(asio::buffer(fixed_head_));
  if (!mode.head_only && !response.body.empty()) octets.push_back(asio::buffer(response.body));
  stream_.expires_after(limits_.write);
  error_code error;
  co_await stream_.write(octets, error);
  co_return (!error && mode.keep_alive);
}

asio::awaitable<bool> ResponseWriter::send_whole(Head& head, const std::string& body) {
  const std::string text = text_of(head);
  std::vector<asio::const_buffer> octets(1, asio::buffer(text));
  octets.push_back(asio::buffer(body));
  stream_.expires_after(limits_.write);
  error_code error;
  co_await stream_.write(octets, error);
  co_return !error;
}

asio::awaitable<bool> ResponseWriter::send_pieces(Head& head, present::BodySource source,
                                                  bool compressed) {
  const auto end = steady_clock::now() + limits_.response;
  const std::string no_body;
  bool headed = co_await send_whole(head, no_body);
  if (!headed || !source) co_return headed;
  error_code error;
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
    if (head.chunked()) {
      const Chunk chunk(octets);
      co_await stream_.write(chunk.buffers(), error);
    } else {
      const std::vector<asio::const_buffer> buffers(1, asio::buffer(octets));
      co_await stream_.write(buffers, error);
    }
    if (error) co_return false;
  }
  if (head.chunked()) {
    static const std::string kLastChunk = "0\r\n\r\n";
    const std::vector<asio::const_buffer> buffers(1, asio::buffer(kLastChunk));
    co_await stream_.write(buffers, error);
  }
  co_return !error;
}

}  // namespace mtasts::web
