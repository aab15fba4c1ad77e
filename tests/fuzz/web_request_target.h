// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of a connection of the web server that hold for whatever octets a client sends; see
// grammar_targets.h. The octets arrive in pieces over a transport in memory; the first octet seeds
// the sizes of the pieces. The connection ends, each response is a valid head, the handler sees
// valid requests alone, and the pieces do not change the responses.
#pragma once

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/promises.h"
#include "fuzz/web_targets.h"
#include "web/web_connection.h"

namespace mtasts::fuzz {

// What went through the transport.
struct WebTraffic {
  std::string_view input;
  size_t piece_bytes = 1;
  std::string output;
  bool closed = false;
};

class MemoryStream : public web::WebStream {
 public:
  MemoryStream(boost::asio::io_context& loop, WebTraffic& traffic)
      : loop_(loop), traffic_(traffic) {}

  boost::asio::any_io_executor executor() override { return loop_.get_executor(); }
  IpAddress peer() const override { return IpAddress(); }
  void expires_after(std::chrono::milliseconds) override {}
  Awaitable<void> handshake(Error& error) override {
    error = Error();
    co_return;
  }
  Awaitable<size_t> read_some(boost::asio::mutable_buffer room, Error& error) override {
    const size_t size = std::min({room.size(), traffic_.piece_bytes, traffic_.input.size()});
    error = size == 0 || traffic_.closed
                ? boost::asio::error::make_error_code(boost::asio::error::misc_errors::eof)
                : Error();
    if (error) co_return 0;
    std::memcpy(room.data(), traffic_.input.data(), size);
    traffic_.input.remove_prefix(size);
    co_return size;
  }
  Awaitable<void> write(const std::vector<boost::asio::const_buffer>& octets,
                        Error& error) override {
    error = Error();
    for (const auto& piece : octets)
      traffic_.output.append(static_cast<const char*>(piece.data()), piece.size());
    co_return;
  }
  Awaitable<void> half_close(Error& error) override {
    error = Error();
    co_return;
  }
  void close() override { traffic_.closed = true; }

 private:
  boost::asio::io_context& loop_;
  WebTraffic& traffic_;
};

// Answers every request with what it read of it, and keeps promises about it.
class EchoHandler : public web::Handler {
 public:
  explicit EchoHandler(Promises& promises) : promises_(promises) {}

  web::Admission admit(const web::HttpRequest& head) const override {
    keep_request(head);
    web::Admission admission;
    admission.body_bytes = head.method == "POST" ? 64 : 0;
    if (head.target == "/refused") admission.refusal = web::text_response(403, "Refused.");
    return admission;
  }
  void answer(const web::HttpRequest& request, const Done& done) const override {
    keep_request(request);
    promises_.keep(request.body.size() <= 64, "a body over its limit");
    done(web::text_response(
        200, std::to_string(request.target.size()) + " " + std::to_string(request.body.size())));
  }

 private:
  void keep_request(const web::HttpRequest& request) const {
    for (const std::string* text :
         {&request.method, &request.target, &request.host, &request.user_agent, &request.origin,
          &request.authorization, &request.content_type, &request.forwarded_for})
      promises_.keep(text->find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos,
                     "a line end within a field");
    promises_.keep(!request.method.empty() && !request.target.empty(), "a request of nothing");
  }

  Promises& promises_;
};

// Without the dates of responses, which differ between two runs.
inline std::string without_dates(std::string text) {
  for (size_t at = 0; (at = text.find("\r\nDate: ", at)) != std::string::npos;)
    text.erase(at, text.find("\r\n", at + 2) - at);
  return text;
}

inline std::string web_responses(Promises& promises, std::string_view octets, size_t piece_bytes) {
  boost::asio::io_context loop(1);
  auto handle = std::make_shared<web::LoopHandle>(loop);
  WebTraffic traffic{octets, piece_bytes, {}, false};
  const EchoHandler handler(promises);
  const web::WebLimits limits;
  const auto connection = std::make_shared<web::WebConnection>(
      std::make_unique<MemoryStream>(loop, traffic), handler, limits, handle);
  boost::asio::co_spawn(loop, connection->run(), boost::asio::detached);
  loop.run();
  handle->release();
  promises.keep(traffic.closed, "a connection that stays open");
  return without_dates(std::move(traffic.output));
}

// A request that is no HTTP is refused once enough of it is there, or the connection ends before.
inline bool is_refusal_or_nothing(std::string_view rest) {
  return rest.empty() || rest.starts_with("HTTP/1.1 4") || rest.starts_with("HTTP/1.1 5");
}
inline bool agree(std::string_view one, std::string_view other) {
  const auto differ = std::mismatch(one.begin(), one.end(), other.begin(), other.end());
  const auto same = static_cast<size_t>(differ.first - one.begin());
  return is_refusal_or_nothing(one.substr(same)) && is_refusal_or_nothing(other.substr(same));
}

inline std::string broken_web_request_promise(std::string_view input) {
  if (input.empty()) return {};
  const auto seed = static_cast<unsigned char>(input[0]);
  const std::string_view octets = input.substr(1);
  Promises promises;
  const std::string whole = web_responses(promises, octets, octets.size() + 1);
  const std::string pieces = web_responses(promises, octets, 1 + seed % 64);
  promises.keep(whole.empty() || whole.starts_with("HTTP/1."), "a response that is no HTTP");
  promises.keep(agree(whole, pieces), "responses that depend on the pieces");
  return promises.broken();
}

}  // namespace mtasts::fuzz
