// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// PolicyFetcher: the interface for one GET of the policy file from one pinned address (RFC 8461
// §3.3: no redirects, SNI and certificate of the policy host, 64 KiB, deadline). Loop thread only.
// Implemented by CurlFetcher; tests use a scripted fake.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "protocol/http/attempt.h"

namespace mtasts::net {

class PolicyFetcher {
 public:
  virtual ~PolicyFetcher() = default;
  // GET https://<host>/.well-known/mta-sts.txt from `address`, which the caller has checked
  // (may_contact). Ends within [https] timeout, or at once as `cancelled` when the coroutine is
  // cancelled.
  virtual boost::asio::awaitable<protocol::HttpsAttempt> fetch_policy(std::string host,
                                                                      IpAddress address) = 0;
  // A TLS handshake with `host`, without a request: the canary. Status responded: the peer is
  // alive.
  virtual boost::asio::awaitable<protocol::HttpsAttempt> shake_hands(std::string host,
                                                                     IpAddress address) = 0;
};

}  // namespace mtasts::net
