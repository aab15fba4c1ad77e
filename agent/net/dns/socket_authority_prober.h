// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// SocketAuthorityProber: the AuthorityProber on plain sockets: a datagram from a new port for each
// try, then TCP when the answer was truncated (RFC 7766). A response counts only with the id of its
// query and from the server's address and port. Loop thread only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>

#include "net/dns/authority_prober.h"
#include "settings/settings.h"

namespace mtasts::net {

class SocketAuthorityProber : public AuthorityProber {
 public:
  // Of the settings, timeout and tries are used. Authoritative servers are always on port 53;
  // another one is for tests.
  SocketAuthorityProber(boost::asio::any_io_executor executor,
                        const settings::DnsSettings& settings, uint16_t port = 53);

  boost::asio::awaitable<protocol::AuthorityAnswer> ask(IpAddress server, std::string name,
                                                        protocol::RecordType type) override;
  boost::asio::awaitable<std::optional<uint32_t>> serial(IpAddress server,
                                                         std::string zone) override;

 private:
  struct Reply {
    std::string message;  // empty: none
    bool timed_out = true;
  };

  boost::asio::awaitable<Reply> exchange(IpAddress server, std::string query);
  boost::asio::awaitable<Reply> exchange_datagrams(IpAddress server, std::string query);
  boost::asio::awaitable<Reply> exchange_stream(IpAddress server, std::string query);

  boost::asio::any_io_executor executor_;
  std::chrono::milliseconds timeout_;
  int tries_;
  uint16_t port_;
};

}  // namespace mtasts::net
