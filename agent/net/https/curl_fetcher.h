// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// CurlFetcher: the PolicyFetcher on libcurl. Each fetch uses a new connection to one pinned
// address, HTTP/1.1, TLS 1.2 or newer, no redirects (RFC 8461 §3.3), and offers gzip. Where the
// result leaves a question, one or two more requests settle it (further_looks.h). TCP may take a
// third of the timeout, TCP and TLS two thirds, all requests together all of it. Loop thread only.
// Destruction ends running fetches as `cancelled`; their coroutines then need the loop, but not the
// fetcher.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "net/https/policy_fetcher.h"
#include "net/tls/tls_observer.h"
#include "settings/settings.h"

namespace mtasts::net {

class CurlFetcher : public PolicyFetcher {
 public:
  // `user_agent` as in RFC 9110 §10.1.5: "mtasts-exporter/1.0.0".
  CurlFetcher(boost::asio::any_io_executor executor, std::shared_ptr<const TlsObserver> observer,
              settings::HttpsSettings settings, std::string user_agent = "mtasts-exporter");
  ~CurlFetcher() override;
  CurlFetcher(const CurlFetcher&) = delete;
  CurlFetcher& operator=(const CurlFetcher&) = delete;

  boost::asio::awaitable<protocol::HttpsAttempt> fetch_policy(std::string host,
                                                              IpAddress address) override;
  boost::asio::awaitable<protocol::HttpsAttempt> shake_hands(std::string host,
                                                             IpAddress address) override;

  struct Engine;  // shared with the running coroutines

 private:
  std::shared_ptr<Engine> engine_;
};

}  // namespace mtasts::net
