// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/plain_stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace mtasts::web {

namespace asio = boost::asio;
using asio::ip::tcp;

IpAddress address_of(const asio::ip::address& address) {
  if (address.is_v4()) return IpAddress::v4(address.to_v4().to_bytes());
  const asio::ip::address_v6 v6 = address.to_v6();
  if (!v6.is_v4_mapped()) return IpAddress::v6(v6.to_bytes());
  return IpAddress::v4(asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_bytes());
}

PlainStream::PlainStream(tcp::socket socket) : stream_(std::move(socket)) {
  // A response takes several writes: Nagle's algorithm would delay the second until the peer's
  // delayed acknowledgement of the first.
  Error ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  const tcp::endpoint remote = stream_.socket().remote_endpoint(ignored);
  peer_ = address_of(remote.address());
}

asio::awaitable<void> PlainStream::handshake(Error&) { co_return; }

asio::awaitable<size_t> PlainStream::read_some(asio::mutable_buffer room, Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  size_t length = co_await stream_.async_read_some(room, token);
  co_return length;
}

asio::awaitable<void> PlainStream::write(const std::vector<asio::const_buffer>& octets,
                                         Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(stream_, octets, token);
}

asio::awaitable<void> PlainStream::half_close(Error& error) {
  stream_.socket().shutdown(tcp::socket::shutdown_send, error);
  co_return;
}

void PlainStream::close() {
  Error ignored;
  stream_.socket().close(ignored);
}

}  // namespace mtasts::web
