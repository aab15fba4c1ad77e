// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// MailLook: what DNS alone says about the mail of a domain: its MX hosts (RFC 5321 §5.1) with their
// addresses, and the records of MTA-STS and TLS-RPT that exist already. Makes no connection to any
// MX host or policy host, and judges nothing.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "base/domain_name.h"
#include "net/dns/resolver.h"
#include "protocol/dns/answer.h"
#include "settings/settings.h"

namespace mtasts::check {

struct MailLook {
  static constexpr size_t kMostHosts = 100;

  struct Host {
    std::string host;                            // as the MX record names it; "": a null MX
    std::vector<protocol::DnsAnswer> addresses;  // A and AAAA; none for "" and IP addresses
  };
  protocol::DnsAnswer mx;
  std::vector<protocol::DnsAnswer> apex;  // A and AAAA of the domain, asked only without MX records
  bool implicit_mx = false;               // no MX record, but addresses
  std::vector<Host> hosts;                // by preference, without duplicates; the first kMostHosts
  size_t hosts_in_all = 0;
  protocol::DnsAnswer record;  // TXT _mta-sts.<domain>
  protocol::DnsAnswer tlsrpt;  // TXT _smtp._tls.<domain>
};

// Loop thread only. `resolver` and `look` must outlive the coroutine; what it did not come to stays
// `cancelled` when it is cancelled.
boost::asio::awaitable<bool> look_at_mail(net::Resolver& resolver, std::string domain,
                                          MailLook& look);

// With the resolver of the settings, in a loop of its own; blocks for [check] timeout at most.
MailLook look_at_mail_now(const settings::Settings& settings, const DomainName& domain);

}  // namespace mtasts::check
