// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SmtpConnection: one TCP connection, in clear text and then in TLS over the same socket, with one
// movable deadline. Every operation ends at the deadline (timed_out) or at once when the coroutine
// is cancelled (cancelled). Loop thread only; held by shared_ptr, because the handler of the
// deadline timer may run late. Independent of the SMTP syntax. Failures are values.
#pragma once

#include <array>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "net/tls/tls_client.h"

namespace mtasts::net {

enum class IoStatus : uint8_t { done, closed, failed, timed_out, cancelled };

class SmtpConnection : public std::enable_shared_from_this<SmtpConnection> {
 public:
  explicit SmtpConnection(const boost::asio::any_io_executor& executor);

  // Moves the deadline of this and all later operations.
  void expire_at(std::chrono::steady_clock::time_point deadline);

  // failed: error() has the reason.
  boost::asio::awaitable<IoStatus> connect(IpAddress address, uint16_t port);
  // Appends the received octets, at least one.
  boost::asio::awaitable<IoStatus> read(std::string& octets);
  boost::asio::awaitable<IoStatus> write(std::string octets);
  // failed, closed: tls() has the reason.
  boost::asio::awaitable<IoStatus> handshake(std::shared_ptr<const TlsObserver> observer,
                                             TlsOffer offer, std::string host);

  // Sends as much as possible without waiting; for the final command.
  void write_at_once(std::string_view octets);
  // Takes the clear-text octets that are already received.
  std::string take_waiting();
  // Sends close_notify if TLS is active, then closes the socket.
  void close();

  const boost::system::error_code& error() const { return error_; }
  const TlsClient* tls() const { return tls_ ? &*tls_ : nullptr; }
  IpAddress local_address() const;

 private:
  using WaitType = boost::asio::ip::tcp::socket::wait_type;

  boost::asio::awaitable<IoStatus> wait(WaitType type);
  IoStatus open(const boost::asio::ip::tcp::endpoint& endpoint);
  IoStatus ended_by(const boost::system::error_code& error);
  TlsProgress read_some(size_t& received_bytes);
  TlsProgress write_some(std::string_view& octets);

  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  bool expired_ = false;
  boost::system::error_code error_;
  std::optional<TlsClient> tls_;
  std::array<char, 4096> buffer_{};
};

}  // namespace mtasts::net
