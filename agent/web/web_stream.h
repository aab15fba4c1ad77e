// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The octets of one accepted connection. WebConnection knows nothing else of its transport; plain
// TCP is PlainStream, TLS would be a second implementation. One coroutine at a time, on the loop
// thread; close() may be called meanwhile and ends what waits.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <vector>

#include "base/ip_address.h"

namespace mtasts::web {

class WebStream {
 public:
  template <typename T>
  using Awaitable = boost::asio::awaitable<T>;
  using Error = boost::system::error_code;

  virtual ~WebStream() = default;

  virtual boost::asio::any_io_executor executor() = 0;
  // The address of the peer; an IPv4 peer of an IPv6 socket has its IPv4 address.
  virtual IpAddress peer() const = 0;

  // Everything from now until the next call has to be done within `time`; then `error` is set, and
  // the stream is closed.
  virtual void expires_after(std::chrono::milliseconds time) = 0;

  // What comes before the first octet of HTTP; nothing on plain TCP.
  virtual Awaitable<void> handshake(Error& error) = 0;
  // At least one octet, or an error; the peer's end is one, too.
  virtual Awaitable<size_t> read_some(boost::asio::mutable_buffer room, Error& error) = 0;
  // All of them, or an error.
  virtual Awaitable<void> write(const std::vector<boost::asio::const_buffer>& octets,
                                Error& error) = 0;
  // Says that nothing more will be sent; reading goes on.
  virtual Awaitable<void> half_close(Error& error) = 0;
  virtual void close() = 0;
};

}  // namespace mtasts::web
