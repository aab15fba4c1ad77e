// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// AuthorityProber: the interface for asking one authoritative server directly, without recursion.
// Loop thread only. Implemented by SocketAuthorityProber; tests use a scripted fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ip_address.h"
#include "protocol/dns/authority_message.h"

namespace mtasts::net {

class AuthorityProber {
 public:
  virtual ~AuthorityProber() = default;
  // The caller has checked the address (may_contact). Ends within timeout × tries of [dns], or at
  // once as `cancelled` when the coroutine is cancelled. No response is `timeout` or `unreachable`.
  virtual boost::asio::awaitable<protocol::AuthorityAnswer> ask(IpAddress server, std::string name,
                                                                protocol::RecordType type) = 0;
  // The serial of the zone's SOA record; empty: no authoritative answer.
  virtual boost::asio::awaitable<std::optional<uint32_t>> serial(IpAddress server,
                                                                 std::string zone) = 0;
};

}  // namespace mtasts::net
