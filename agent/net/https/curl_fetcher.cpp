// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/curl_fetcher.h"

#include <boost/asio/this_coro.hpp>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "net/https/further_looks.h"
#include "net/https/transfer_run.h"

namespace mtasts::net {

using boost::asio::awaitable;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::steady_clock;

namespace {

constexpr size_t kHostLimit_bytes = 253;  // RFC 1035 §2.3.4, as text

// Names read from DNS are used in a URL and a header: no character may terminate either.
bool is_safe_in_url(std::string_view host) {
  auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
  return !host.empty() && host.size() <= kHostLimit_bytes && all_of(host, allowed);
}

awaitable<HttpsAttempt> attempt(FetchEnginePtr engine, HttpsTarget target) {
  const Deadlines deadlines = deadlines_from(steady_clock::now(), engine->settings.timeout);
  if (!is_safe_in_url(target.host)) {
    HttpsAttempt refused;
    refused.address = target.address;
    refused.status = HttpsStatus::not_allowed;
    refused.detail = "not a host name";
    co_return refused;
  }
  TransferResult first = co_await run_transfer(engine, target, deadlines);
  const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
  if (cancellation.cancelled() == boost::asio::cancellation_type::none)
    co_await look_further(engine, std::move(target), deadlines, first);
  co_return std::move(first.attempt);
}

HttpsTarget target_of(const CurlFetcher::Engine& engine, std::string host, IpAddress address) {
  HttpsTarget target;
  target.host = std::move(host);
  target.address = address;
  target.port = engine.settings.port;
  target.user_agent = engine.user_agent;
  return target;
}

}  // namespace

CurlFetcher::CurlFetcher(boost::asio::any_io_executor executor,
                         std::shared_ptr<const TlsObserver> observer,
                         settings::HttpsSettings settings, std::string user_agent)
    : engine_(std::make_shared<Engine>()) {
  engine_->multi = std::make_shared<CurlMulti>(std::move(executor));
  engine_->observer = std::move(observer);
  engine_->settings = std::move(settings);
  engine_->user_agent = std::move(user_agent);
}

CurlFetcher::~CurlFetcher() {
  engine_->closed = true;
  for (HttpsTransfer* transfer : engine_->under_way)
    transfer->stop(HttpsStatus::cancelled, "stopped");
}

awaitable<HttpsAttempt> CurlFetcher::fetch_policy(std::string host, IpAddress address) {
  return attempt(engine_, target_of(*engine_, std::move(host), address));
}

awaitable<HttpsAttempt> CurlFetcher::shake_hands(std::string host, IpAddress address) {
  HttpsTarget target = target_of(*engine_, std::move(host), address);
  target.handshake_only = true;
  return attempt(engine_, std::move(target));
}

}  // namespace mtasts::net
