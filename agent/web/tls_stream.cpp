// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "web/tls_stream.h"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "web/plain_stream.h"

namespace mtasts::web {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using asio::ip::tcp;

TlsStream::TlsStream(tcp::socket socket, std::shared_ptr<ssl::context> context)
    : context_(std::move(context)), stream_(std::move(socket), *context_) {
  Error ignored;
  tcp::socket& own = stream_.next_layer().socket();
  own.set_option(tcp::no_delay(true), ignored);
  peer_ = address_of(own.remote_endpoint(ignored).address());
}

asio::awaitable<void> TlsStream::handshake(Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await stream_.async_handshake(ssl::stream_base::server, token);
}

asio::awaitable<size_t> TlsStream::read_some(asio::mutable_buffer room, Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  size_t length = 0;
  if (closed_)
    length = co_await stream_.next_layer().async_read_some(room, token);
  else
    length = co_await stream_.async_read_some(room, token);
  co_return length;
}

asio::awaitable<void> TlsStream::write(const std::vector<asio::const_buffer>& octets,
                                       Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await asio::async_write(stream_, octets, token);
}

asio::awaitable<void> TlsStream::half_close(Error& error) {
  auto token = asio::redirect_error(asio::use_awaitable, error);
  closed_ = true;
  co_await stream_.async_shutdown(token);
  // The peer went on sending before it answered close_notify: that is no error of this direction.
  if (error.category() == asio::error::get_ssl_category()) error = {};
}

void TlsStream::close() {
  Error ignored;
  stream_.next_layer().socket().close(ignored);
}

}  // namespace mtasts::web
