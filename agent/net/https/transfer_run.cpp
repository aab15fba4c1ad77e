// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "net/https/transfer_run.h"

#include <fmt/format.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string_view>
#include <utility>

#include "base/time.h"

namespace mtasts::net {
namespace {

using boost::asio::awaitable;
using protocol::HttpsStatus;
using std::chrono::steady_clock;

// Registers a transfer for as long as its coroutine lives, however it ends.
class UnderWay {
 public:
  UnderWay(FetchEnginePtr engine, HttpsTransfer* transfer)
      : engine_(std::move(engine)), transfer_(transfer) {
    engine_->under_way.insert(transfer_);
  }
  ~UnderWay() { engine_->under_way.erase(transfer_); }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

 private:
  FetchEnginePtr engine_;
  HttpsTransfer* transfer_;
};

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

}  // namespace

Deadlines deadlines_from(steady_clock::time_point begin, std::chrono::milliseconds limit) {
  return {begin + limit / 3, begin + limit * 2 / 3, begin + limit, limit};
}

awaitable<TransferResult> run_transfer(FetchEnginePtr engine, HttpsTarget target,
                                       Deadlines deadlines) {
  TransferResult result;
  result.attempt.address = target.address;
  if (engine->closed) co_return result;
  HttpsTransfer transfer(engine->multi, engine->observer, std::move(target));
  UnderWay entry(engine, &transfer);
  if (transfer.start()) co_await run(transfer, deadlines);
  result.tls_error = transfer.tls_error();
  result.attempt = transfer.take_attempt();
  co_return result;
}

}  // namespace mtasts::net
