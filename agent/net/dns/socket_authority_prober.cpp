// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/dns/socket_authority_prober.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "async/deadline.h"
#include "async/endpoint.h"
#include "net/dns/question_octets.h"
#include "protocol/dns/message.h"

namespace mtasts::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;
using protocol::DnsStatus;

std::optional<uint16_t> random_id() {
  unsigned char octets[2];
  if (RAND_bytes(octets, sizeof octets) != 1) return std::nullopt;
  return static_cast<uint16_t>(octets[0] << 8 | octets[1]);
}

// The id, and the question with its letter case. A server that fails to read the query may leave
// the question out (RFC 1035 §4.1.1, FORMERR and NOTIMP).
bool answers(std::string_view message, std::string_view query) {
  if (message.size() < 12 || message.substr(0, 2) != query.substr(0, 2)) return false;
  const int rcode = message[3] & 0x0f;
  const bool no_question = message[4] == 0 && message[5] == 0;
  if (no_question) return rcode != 0;
  return repeats_question(message, question_of(query));
}

// One datagram and its response; ends by the caller's deadline. Empty: the socket failed.
asio::awaitable<std::string> ask_once(udp::endpoint server, const std::string& query) {
  udp::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  socket.open(server.protocol(), error);
  // Connected: the kernel drops what comes from elsewhere, and ICMP errors are reported.
  if (!error) socket.connect(server, error);
  if (!error)
    co_await socket.async_send(asio::buffer(query),
                               asio::redirect_error(asio::use_awaitable, error));
  std::array<char, 4096> buffer;
  while (!error) {
    size_t size = co_await socket.async_receive(asio::buffer(buffer),
                                                asio::redirect_error(asio::use_awaitable, error));
    std::string_view message(buffer.data(), size);
    if (!error && answers(message, query)) co_return std::string(message);
  }
  co_return std::string();
}

// RFC 7766 §8: each message follows its length in two octets.
asio::awaitable<std::string> ask_over_stream(tcp::endpoint server, const std::string& query) {
  tcp::socket socket(co_await asio::this_coro::executor);
  boost::system::error_code error;
  co_await socket.async_connect(server, asio::redirect_error(asio::use_awaitable, error));
  std::string framed;
  framed += static_cast<char>(query.size() >> 8);
  framed += static_cast<char>(query.size() & 0xff);
  framed += query;
  if (!error)
    co_await asio::async_write(socket, asio::buffer(framed),
                               asio::redirect_error(asio::use_awaitable, error));
  std::array<unsigned char, 2> length{};
  if (!error)
    co_await asio::async_read(socket, asio::buffer(length),
                              asio::redirect_error(asio::use_awaitable, error));
  std::string message(error ? 0 : static_cast<size_t>(length[0]) << 8 | length[1], '\0');
  if (!error)
    co_await asio::async_read(socket, asio::buffer(message),
                              asio::redirect_error(asio::use_awaitable, error));
  co_return !error && answers(message, query) ? message : std::string();
}

}  // namespace

SocketAuthorityProber::SocketAuthorityProber(asio::any_io_executor executor,
                                             const settings::DnsSettings& settings, uint16_t port)
    : executor_(std::move(executor)),
      timeout_(settings.timeout),
      tries_(std::max(1, settings.tries)),
      port_(port) {}

asio::awaitable<SocketAuthorityProber::Reply> SocketAuthorityProber::exchange_datagrams(
    IpAddress server, std::string query) {
  tcp::endpoint place = endpoint_of(server, port_);
  udp::endpoint endpoint(place.address(), place.port());
  Reply reply;
  for (int i = 0; i < tries_; ++i) {
    auto message = co_await async::with_deadline(ask_once(endpoint, query), timeout_);
    auto state = co_await asio::this_coro::cancellation_state;
    reply.timed_out = !message.has_value();
    if (message) reply.message = std::move(*message);
    if (!reply.message.empty() || state.cancelled() != asio::cancellation_type::none) break;
  }
  co_return reply;
}

asio::awaitable<SocketAuthorityProber::Reply> SocketAuthorityProber::exchange_stream(
    IpAddress server, std::string query) {
  auto message =
      co_await async::with_deadline(ask_over_stream(endpoint_of(server, port_), query), timeout_);
  Reply reply;
  reply.timed_out = !message.has_value();
  if (message) reply.message = std::move(*message);
  co_return reply;
}

asio::awaitable<SocketAuthorityProber::Reply> SocketAuthorityProber::exchange(IpAddress server,
                                                                              std::string query) {
  Reply reply = co_await exchange_datagrams(server, query);
  if (protocol::rejects_edns(reply.message)) {
    // RFC 6891 §7: without the OPT record, which is the last 11 octets and counted in octet 11.
    query.resize(query.size() - 11);
    query[11] = 0;
    reply = co_await exchange_datagrams(server, query);
  }
  if (!protocol::is_truncated(reply.message)) co_return reply;
  Reply whole = co_await exchange_stream(server, query);
  co_return whole;
}

asio::awaitable<protocol::AuthorityAnswer> SocketAuthorityProber::ask(IpAddress server,
                                                                      std::string name,
                                                                      protocol::RecordType type) {
  // Cancellation is reported as an answer, not as an exception.
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  protocol::AuthorityAnswer result;
  result.answer.name = name;
  result.answer.type = type;
  result.answer.status = DnsStatus::unreachable;
  auto id = random_id();
  auto query = protocol::encode_authority_query(name, type, id.value_or(0));
  if (id && query) {
    Reply reply = co_await exchange(server, std::move(*query));
    auto state = co_await asio::this_coro::cancellation_state;
    if (!reply.message.empty())
      result = protocol::decode_authority_response(reply.message, name, type);
    else if (state.cancelled() != asio::cancellation_type::none)
      result.answer.status = DnsStatus::cancelled;
    else if (reply.timed_out)
      result.answer.status = DnsStatus::timeout;
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return result;
}

asio::awaitable<std::optional<uint32_t>> SocketAuthorityProber::serial(IpAddress server,
                                                                       std::string zone) {
  const bool throws = co_await asio::this_coro::throw_if_cancelled();
  co_await asio::this_coro::throw_if_cancelled(false);
  std::optional<uint32_t> serial;
  auto id = random_id();
  auto query = protocol::encode_soa_query(zone, id.value_or(0));
  if (id && query) {
    Reply reply = co_await exchange(server, std::move(*query));
    serial = protocol::decode_soa_serial(reply.message, zone);
  }
  co_await asio::this_coro::throw_if_cancelled(throws);
  co_return serial;
}

}  // namespace mtasts::net
