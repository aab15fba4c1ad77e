// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SmtpProber: the port for one SMTP STARTTLS probe of one address of an MX host (RFC 3207).
// Loop thread only. Implemented by AsioSmtpProber; tests script a fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "protocol/smtp/attempt.h"

namespace mtasts::net {

class SmtpProber {
 public:
  virtual ~SmtpProber() = default;
  // `host` is the MX record's name: SNI and the identity asked of the certificate. The address was
  // vetted before. Ends within [smtp] timeout, or at once as `cancelled` when cancelled.
  virtual boost::asio::awaitable<protocol::SmtpAttempt> probe(std::string host,
                                                              IpAddress address) = 0;
  // Waits for the banner only, then QUITs: the canary. reply_code 220: port 25 is open to us.
  virtual boost::asio::awaitable<protocol::SmtpAttempt> greet(std::string host,
                                                              IpAddress address) = 0;
};

}  // namespace mtasts::net
