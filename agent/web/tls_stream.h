// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TlsStream: the WebStream over TLS, as a server. Takes over an accepted socket; keeps its context
// alive. Ends with close_notify, so that a client can tell a short body from a cut connection (RFC
// 8446 §6.1). Loop thread of the web server.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <memory>

#include "web/web_stream.h"

namespace mtasts::web {

class TlsStream : public WebStream {
 public:
  TlsStream(boost::asio::ip::tcp::socket socket,
            std::shared_ptr<boost::asio::ssl::context> context);

  boost::asio::any_io_executor executor() override { return stream_.get_executor(); }
  IpAddress peer() const override { return peer_; }
  void expires_after(std::chrono::milliseconds time) override {
    stream_.next_layer().expires_after(time);
  }
  Awaitable<void> handshake(Error& error) override;
  Awaitable<size_t> read_some(boost::asio::mutable_buffer room, Error& error) override;
  Awaitable<void> write(const std::vector<boost::asio::const_buffer>& octets,
                        Error& error) override;
  // Sends close_notify (RFC 8446 §6.1). What the peer still sends can be read, but not understood.
  Awaitable<void> half_close(Error& error) override;
  void close() override;

 private:
  const std::shared_ptr<boost::asio::ssl::context> context_;
  boost::asio::ssl::stream<boost::beast::tcp_stream> stream_;
  IpAddress peer_;
  bool closed_ = false;  // close_notify was sent
};

}  // namespace mtasts::web
