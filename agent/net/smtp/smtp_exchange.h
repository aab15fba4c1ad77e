// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SmtpExchange: one connection of an SMTP probe from connect to QUIT: drives StarttlsDialogue over
// SmtpConnection and records the result (RFC 5321, RFC 3207). Loop thread only; must outlive run().
// Ends by the deadline; a cancelled run() leaves status cancelled. Never throws because of network
// errors.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "net/smtp/smtp_connection.h"
#include "net/tls/tls_observer.h"
#include "protocol/smtp/attempt.h"
#include "protocol/smtp/reply_pace.h"
#include "protocol/smtp/starttls_dialogue.h"

namespace mtasts::net {

struct SmtpProbeRequest {
  std::string host;
  IpAddress address;
  uint16_t port = 25;
  std::string ehlo_name;  // empty: the literal of the local address (RFC 5321 §4.1.3)
  protocol::StarttlsDialogue::Goal goal = protocol::StarttlsDialogue::Goal::tls;
  std::chrono::steady_clock::time_point deadline;
  std::chrono::milliseconds timeout{0};  // that the deadline was computed from, for messages
};

class SmtpExchange {
 public:
  SmtpExchange(const boost::asio::any_io_executor& executor,
               std::shared_ptr<const TlsObserver> observer, const SmtpProbeRequest& request,
               const TlsOffer& offer);

  boost::asio::awaitable<void> run();

  const protocol::SmtpAttempt& attempt() const { return attempt_; }
  // The handshake failed, but may succeed with TlsVersions::any.
  bool may_be_version() const { return may_be_version_; }
  bool tls_is_old() const { return tls_is_old_; }

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;

  boost::asio::awaitable<void> run_to_end();
  boost::asio::awaitable<bool> connect();
  boost::asio::awaitable<bool> converse();   // true: TLS is next
  boost::asio::awaitable<bool> start_tls();  // true: TLS is established
  boost::asio::awaitable<void> quit();
  boost::asio::awaitable<IoStatus> step();
  void note_dialogue();
  void note_octets(size_t size_bytes);
  void note_silence(IoStatus status);
  bool note_drip();  // true: the slow replies of the server are the reason
  void note_connect_failure(IoStatus status);
  void note_tls_failure(IoStatus status);
  bool note_refusal_in_place_of_tls();
  void end(protocol::SmtpStatus status, std::string detail);
  SteadyTime soon(std::chrono::milliseconds limit) const;  // at most the deadline

  std::shared_ptr<const TlsObserver> observer_;
  SmtpProbeRequest request_;
  TlsOffer offer_;
  std::shared_ptr<SmtpConnection> connection_;
  protocol::StarttlsDialogue dialogue_;
  protocol::SmtpAttempt attempt_;
  protocol::ReplyPace pace_;
  SteadyTime connected_{};
  size_t reply_bytes_ = 0;     // of clear-text replies
  std::string injected_text_;  // clear text between the 220 to STARTTLS and the ClientHello
  bool may_be_version_ = false;
  bool tls_is_old_ = false;
};

}  // namespace mtasts::net
