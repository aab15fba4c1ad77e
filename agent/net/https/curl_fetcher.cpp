// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/curl_fetcher.h"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <set>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "base/time.h"
#include "net/https/curl_multi.h"
#include "net/https/https_transfer.h"
#include "net/tls/tls_error.h"

namespace mtasts::net {

using boost::asio::awaitable;
using protocol::HttpsAttempt;
using protocol::HttpsStatus;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

struct CurlFetcher::Engine {
  std::shared_ptr<CurlMulti> multi;
  std::shared_ptr<const TlsObserver> observer;
  settings::HttpsSettings settings;
  std::string user_agent;
  std::set<HttpsTransfer*> under_way;
  bool closed = false;
};

namespace {

constexpr size_t kHostLimit_bytes = 253;  // RFC 1035 §2.3.4, as text

using EnginePtr = std::shared_ptr<CurlFetcher::Engine>;

// Registers a transfer for as long as its coroutine lives, however it ends.
class UnderWay {
 public:
  UnderWay(EnginePtr engine, HttpsTransfer* transfer)
      : engine_(std::move(engine)), transfer_(transfer) {
    engine_->under_way.insert(transfer_);
  }
  ~UnderWay() { engine_->under_way.erase(transfer_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  EnginePtr engine_;
  HttpsTransfer* transfer_;
};

struct Deadlines {
  steady_clock::time_point connect;
  steady_clock::time_point handshake;
  steady_clock::time_point whole;
  milliseconds limit;
};

Deadlines deadlines_from(steady_clock::time_point begin, milliseconds limit) {
  return {begin + limit / 3, begin + limit * 2 / 3, begin + limit, limit};
}

// What to wait for next, and the status when it does not happen in time.
struct Phase {
  steady_clock::time_point deadline;
  HttpsStatus status;
  std::string_view words;
};

Phase phase_of(const HttpsTransfer& transfer, const Deadlines& deadlines) {
  if (!transfer.connected())
    return {deadlines.connect, HttpsStatus::connect_timeout, "no TCP connection"};
  if (!transfer.handshaken())
    return {deadlines.handshake, HttpsStatus::tls_timeout, "the TLS handshake did not complete"};
  return {deadlines.whole, HttpsStatus::response_timeout, "the response did not complete"};
}

// Names read from DNS are used in a URL and a header: no character may terminate either.
bool is_safe_in_url(std::string_view host) {
  auto allowed = [](char c) { return is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
  return !host.empty() && host.size() <= kHostLimit_bytes && all_of(host, allowed);
}

// Runs one transfer until it ends, times out or is cancelled. After a cancellation nothing more can
// be awaited, so the cancellation is handled last.
awaitable<void> run(HttpsTransfer& transfer, Deadlines deadlines) {
  while (!transfer.finished()) {
    const Phase phase = phase_of(transfer, deadlines);
    if (steady_clock::now() >= phase.deadline) {
      transfer.stop(phase.status,
                    fmt::format("{} within {}", phase.words, duration_text(deadlines.limit)));
      break;
    }
    const auto cancellation = co_await boost::asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != boost::asio::cancellation_type::none) {
      transfer.stop(HttpsStatus::cancelled, "stopped");
      break;
    }
    transfer.alarm().expires_at(phase.deadline);
    boost::system::error_code error;
    co_await transfer.alarm().async_wait(
        boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (error && !transfer.finished()) transfer.stop(HttpsStatus::cancelled, "stopped");
  }
}

// Distinguishes a peer that only supports TLS 1.0 or 1.1 from one without any TLS.
awaitable<void> detect_old_tls(EnginePtr engine, HttpsTarget target, Deadlines deadlines,
                               HttpsAttempt& first) {
  target.versions = TlsVersions::any;
  target.handshake_only = true;
  HttpsTransfer transfer(engine->multi, engine->observer, std::move(target));
  UnderWay entry(engine, &transfer);
  if (engine->closed || !transfer.start()) co_return;
  co_await run(transfer, deadlines);
  HttpsAttempt second = transfer.take_attempt();
  if (!first.chain) first.chain = second.chain;
  const bool old = second.tls_version == "TLSv1" || second.tls_version == "TLSv1.1";
  if (second.status != HttpsStatus::responded || !old) co_return;
  first.status = HttpsStatus::tls_version_old;
  first.detail = fmt::format("supports {}, but not TLS 1.2 or newer", second.tls_version);
  first.tls_version = second.tls_version;
  first.cipher = second.cipher;
}

awaitable<HttpsAttempt> attempt(EnginePtr engine, HttpsTarget target) {
  const auto begin = steady_clock::now();
  const Deadlines deadlines = deadlines_from(begin, engine->settings.timeout);
  HttpsAttempt result;
  result.address = target.address;
  if (engine->closed) co_return result;
  if (!is_safe_in_url(target.host)) {
    result.status = HttpsStatus::not_allowed;
    result.detail = "not a host name";
    co_return result;
  }
  unsigned long tls_error = 0;
  {
    HttpsTransfer transfer(engine->multi, engine->observer, target);
    UnderWay entry(engine, &transfer);
    if (transfer.start()) co_await run(transfer, deadlines);
    tls_error = transfer.tls_error();
    result = transfer.take_attempt();
  }
  if (result.status == HttpsStatus::tls_failed && hints_at_old_tls(tls_error))
    co_await detect_old_tls(engine, std::move(target), deadlines, result);
  result.total_time = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  co_return result;
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
