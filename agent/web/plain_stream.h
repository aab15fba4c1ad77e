// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PlainStream: the WebStream over plain TCP that the web server uses. Takes over an accepted
// socket; does no TLS. Loop thread of the web server.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include "web/web_stream.h"

namespace mtasts::web {

// The address of an endpoint; an IPv4-mapped address becomes the IPv4 address.
IpAddress address_of(const boost::asio::ip::address& address);

class PlainStream : public WebStream {
 public:
  explicit PlainStream(boost::asio::ip::tcp::socket socket);

  boost::asio::any_io_executor executor() override { return stream_.get_executor(); }
  IpAddress peer() const override { return peer_; }
  void expires_after(std::chrono::milliseconds time) override { stream_.expires_after(time); }
  Awaitable<void> handshake(Error& error) override;
  Awaitable<size_t> read_some(boost::asio::mutable_buffer room, Error& error) override;
  Awaitable<void> write(const std::vector<boost::asio::const_buffer>& octets,
                        Error& error) override;
  Awaitable<void> half_close(Error& error) override;
  void close() override;

 private:
  boost::beast::tcp_stream stream_;
  IpAddress peer_;
};

}  // namespace mtasts::web
