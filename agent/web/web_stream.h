// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// WebStream: the octets of one accepted connection, the only view that WebConnection has of its
// transport. PlainStream implements it over plain TCP; TLS would be a second implementation. Used
// by one coroutine at a time on the loop thread; close() may be called meanwhile and ends pending
// operations.
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

  // All operations until the next call must complete within `time`; otherwise `error` is set and
  // the stream is closed.
  virtual void expires_after(std::chrono::milliseconds time) = 0;

  // The handshake before the first octet of HTTP; none on plain TCP.
  virtual Awaitable<void> handshake(Error& error) = 0;
  // Reads at least one octet, or returns an error; the end of the stream is an error.
  virtual Awaitable<size_t> read_some(boost::asio::mutable_buffer room, Error& error) = 0;
  // Writes all octets, or returns an error.
  virtual Awaitable<void> write(const std::vector<boost::asio::const_buffer>& octets,
                                Error& error) = 0;
  // Shuts down the sending side; reading continues.
  virtual Awaitable<void> half_close(Error& error) = 0;
  virtual void close() = 0;
};

}  // namespace mtasts::web
