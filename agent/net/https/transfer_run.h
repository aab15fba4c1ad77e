// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What the running coroutines of a CurlFetcher share, and one transfer from start to end within its
// deadlines. Internal to net/https/. Loop thread only.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <memory>
#include <set>
#include <string>

#include "net/https/curl_fetcher.h"
#include "net/https/curl_multi.h"
#include "net/https/https_transfer.h"
#include "net/tls/tls_observer.h"
#include "settings/settings.h"

namespace mtasts::net {

struct CurlFetcher::Engine {
  std::shared_ptr<CurlMulti> multi;
  std::shared_ptr<const TlsObserver> observer;
  settings::HttpsSettings settings;
  std::string user_agent;
  std::set<HttpsTransfer*> under_way;
  bool closed = false;
};
using FetchEnginePtr = std::shared_ptr<CurlFetcher::Engine>;

// TCP may take a third of the time, TCP and TLS two thirds, the whole transfer all of it.
struct Deadlines {
  std::chrono::steady_clock::time_point connect;
  std::chrono::steady_clock::time_point handshake;
  std::chrono::steady_clock::time_point whole;
  std::chrono::milliseconds limit;
};
Deadlines deadlines_from(std::chrono::steady_clock::time_point begin,
                         std::chrono::milliseconds limit);

struct TransferResult {
  protocol::HttpsAttempt attempt;
  unsigned long tls_error = 0;  // OpenSSL's code of the TLS error that ended it; 0 for other causes
};
boost::asio::awaitable<TransferResult> run_transfer(FetchEnginePtr engine, HttpsTarget target,
                                                    Deadlines deadlines);

}  // namespace mtasts::net
