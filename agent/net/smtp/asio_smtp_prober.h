// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AsioSmtpProber: SmtpProber on Boost.Asio and OpenSSL (RFC 5321, RFC 3207). One connection per
// probe; a second one, which also allows older TLS versions, only when the first failed in a way
// typical of servers without TLS 1.2. One deadline for both. Loop thread only; may be destroyed
// while probes run: they hold what they need. Never sends mail.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "net/smtp/smtp_prober.h"
#include "net/tls/tls_observer.h"
#include "settings/settings.h"

namespace mtasts::net {

class AsioSmtpProber : public SmtpProber {
 public:
  AsioSmtpProber(boost::asio::any_io_executor executor, std::shared_ptr<const TlsObserver> observer,
                 const settings::SmtpSettings& settings);
  AsioSmtpProber(boost::asio::io_context& loop, std::shared_ptr<const TlsObserver> observer,
                 const settings::SmtpSettings& settings);
  ~AsioSmtpProber() override;

  boost::asio::awaitable<protocol::SmtpAttempt> probe(std::string host, IpAddress address) override;
  boost::asio::awaitable<protocol::SmtpAttempt> probe_with(std::string host, IpAddress address,
                                                           TlsOffer offer) override;
  boost::asio::awaitable<protocol::SmtpAttempt> greet(std::string host, IpAddress address) override;

 private:
  struct Setup;
  std::shared_ptr<const Setup> setup_;
};

}  // namespace mtasts::net
