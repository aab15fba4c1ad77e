// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/smtp/smtp_connection.h"

#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

#include "async/endpoint.h"

namespace mtasts::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr size_t kWaitingLimit_bytes = 64 * 1024;

boost::system::error_code system_code(int error) {
  return {error, boost::system::system_category()};
}

}  // namespace

SmtpConnection::SmtpConnection(const asio::any_io_executor& executor)
    : socket_(executor), timer_(executor) {}

void SmtpConnection::expire_at(std::chrono::steady_clock::time_point deadline) {
  expired_ = false;
  timer_.expires_at(deadline);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    auto self = weak.lock();
    // A handler that was already queued when the deadline was moved must not fire.
    if (error || !self || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
    self->expired_ = true;
    boost::system::error_code ignored;
    self->socket_.cancel(ignored);
  });
}

IoStatus SmtpConnection::open(const tcp::endpoint& endpoint) {
  socket_.open(endpoint.protocol(), error_);
  if (!error_) socket_.native_non_blocking(true, error_);
  if (error_) return IoStatus::failed;
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);  // short lines that the peer waits for
  return IoStatus::done;
}

IoStatus SmtpConnection::ended_by(const boost::system::error_code& error) {
  if (!error && !expired_) return IoStatus::done;
  error_ = error;
  if (expired_) return IoStatus::timed_out;
  if (error == asio::error::operation_aborted) return IoStatus::cancelled;
  bool closed = error == asio::error::connection_reset || error == asio::error::broken_pipe;
  return closed ? IoStatus::closed : IoStatus::failed;
}

asio::awaitable<IoStatus> SmtpConnection::connect(IpAddress address, uint16_t port) {
  tcp::endpoint endpoint = endpoint_of(address, port);
  IoStatus opened = open(endpoint);
  if (opened != IoStatus::done) co_return opened;
  boost::system::error_code error;
  co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
  IoStatus status = ended_by(error);
  if (status == IoStatus::closed) status = IoStatus::failed;
  co_return status;
}

asio::awaitable<IoStatus> SmtpConnection::wait(WaitType type) {
  if (expired_) co_return IoStatus::timed_out;
  boost::system::error_code error;
  co_await socket_.async_wait(type, asio::redirect_error(asio::use_awaitable, error));
  co_return ended_by(error);
}

TlsProgress SmtpConnection::read_some(size_t& received_bytes) {
  if (tls_) return tls_->read(buffer_.data(), buffer_.size(), received_bytes);
  ssize_t received = ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (received > 0) {
    received_bytes = static_cast<size_t>(received);
    return TlsProgress::done;
  }
  if (received == 0) return TlsProgress::closed;
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return TlsProgress::want_read;
  return ended_by(system_code(errno)) == IoStatus::closed ? TlsProgress::closed
                                                          : TlsProgress::failed;
}

asio::awaitable<IoStatus> SmtpConnection::read(std::string& octets) {
  for (;;) {
    if (expired_) co_return IoStatus::timed_out;
    size_t received_bytes = 0;
    TlsProgress progress = read_some(received_bytes);
    if (progress == TlsProgress::done) {
      octets.append(buffer_.data(), received_bytes);
      co_return IoStatus::done;
    }
    if (progress == TlsProgress::closed) co_return IoStatus::closed;
    if (progress == TlsProgress::failed) co_return IoStatus::failed;
    WaitType type =
        progress == TlsProgress::want_write ? WaitType::wait_write : WaitType::wait_read;
    IoStatus status = co_await wait(type);
    if (status != IoStatus::done) co_return status;
  }
}

TlsProgress SmtpConnection::write_some(std::string_view& octets) {
  if (tls_) {
    TlsProgress progress = tls_->write(octets);
    if (progress == TlsProgress::done) octets = {};
    return progress;
  }
  ssize_t sent =
      ::send(socket_.native_handle(), octets.data(), octets.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent >= 0) {
    octets.remove_prefix(static_cast<size_t>(sent));
    return octets.empty() ? TlsProgress::done : TlsProgress::want_write;
  }
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return TlsProgress::want_write;
  return ended_by(system_code(errno)) == IoStatus::closed ? TlsProgress::closed
                                                          : TlsProgress::failed;
}

asio::awaitable<IoStatus> SmtpConnection::write(std::string octets) {
  std::string_view rest = octets;
  for (;;) {
    if (expired_) co_return IoStatus::timed_out;
    TlsProgress progress = write_some(rest);
    if (progress == TlsProgress::done) co_return IoStatus::done;
    if (progress == TlsProgress::closed) co_return IoStatus::closed;
    if (progress == TlsProgress::failed) co_return IoStatus::failed;
    WaitType type = progress == TlsProgress::want_read ? WaitType::wait_read : WaitType::wait_write;
    IoStatus status = co_await wait(type);
    if (status != IoStatus::done) co_return status;
  }
}

asio::awaitable<IoStatus> SmtpConnection::handshake(std::shared_ptr<const TlsObserver> observer,
                                                    TlsOffer offer, std::string host) {
  tls_.emplace(std::move(observer), offer, std::move(host), socket_.native_handle());
  for (;;) {
    if (expired_) co_return IoStatus::timed_out;
    TlsProgress progress = tls_->handshake();
    if (progress == TlsProgress::done) co_return IoStatus::done;
    if (progress == TlsProgress::closed) co_return IoStatus::closed;
    if (progress == TlsProgress::failed) co_return IoStatus::failed;
    WaitType type =
        progress == TlsProgress::want_write ? WaitType::wait_write : WaitType::wait_read;
    IoStatus status = co_await wait(type);
    if (status != IoStatus::done) co_return status;
  }
}

void SmtpConnection::write_at_once(std::string_view octets) {
  if (!socket_.is_open()) return;
  std::string_view rest = octets;
  write_some(rest);
}

std::string SmtpConnection::take_waiting() {
  std::string waiting;
  while (waiting.size() < kWaitingLimit_bytes) {
    ssize_t received =
        ::recv(socket_.native_handle(), buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (received <= 0) break;
    waiting.append(buffer_.data(), static_cast<size_t>(received));
  }
  return waiting;
}

void SmtpConnection::close() {
  timer_.cancel();
  if (tls_) tls_->send_close_notify();
  boost::system::error_code ignored;
  socket_.close(ignored);
}

IpAddress SmtpConnection::local_address() const {
  boost::system::error_code error;
  tcp::endpoint local = socket_.local_endpoint(error);
  return error ? IpAddress() : address_of(local.address());
}

}  // namespace mtasts::net
