// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SmtpProber: the interface for one SMTP STARTTLS probe of one address of an MX host (RFC 3207).
// Loop thread only. Implemented by AsioSmtpProber; tests use a scripted fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "net/tls/tls_offer.h"
#include "protocol/smtp/attempt.h"

namespace mtasts::net {

class SmtpProber {
 public:
  virtual ~SmtpProber() = default;
  // `host` is the name in the MX record, used for SNI and as the expected identity. The caller has
  // checked the address (may_contact). Ends within [smtp] timeout, or at once as `cancelled` when
  // cancelled.
  virtual boost::asio::awaitable<protocol::SmtpAttempt> probe(std::string host,
                                                              IpAddress address) = 0;
  // The same with another ClientHello, in one connection and a shorter time: what else the server
  // presents. A prober that cannot do so says `cancelled`: not observed.
  virtual boost::asio::awaitable<protocol::SmtpAttempt> probe_with(std::string host,
                                                                   IpAddress address,
                                                                   TlsOffer offer);
  // Waits for the banner only, then sends QUIT: the canary. reply_code 220: port 25 is open to the
  // agent.
  virtual boost::asio::awaitable<protocol::SmtpAttempt> greet(std::string host,
                                                              IpAddress address) = 0;
};

}  // namespace mtasts::net
