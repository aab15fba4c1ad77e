// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/check_once.h"

#include <boost/asio/io_context.hpp>

#include "check/engine.h"
#include "check/thresholds.h"
#include "verdict/judge.h"

namespace mtasts::cli {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> check(check::Engine& engine, DomainName domain,
                            std::chrono::milliseconds timeout,
                            std::optional<verdict::Evidence>& evidence) {
  evidence = co_await engine.check(domain, timeout);
}

}  // namespace

Result<verdict::Report> check_once(const settings::Settings& settings, const DomainName& domain) {
  asio::io_context loop(1);  // outlives everything that runs on it
  auto engine = check::Engine::create(loop.get_executor(), settings, system_now, no_metrics());
  if (!engine) return engine.failure();
  std::optional<verdict::Evidence> evidence;
  (*engine)->tasks().spawn(check(**engine, domain, settings.check.timeout, evidence));
  while (!evidence && loop.run_one() > 0) {
  }
  (*engine)->tasks().cancel_all();
  loop.run_for(std::chrono::seconds(1));
  if (evidence)
    return verdict::judge(*evidence, nullptr, check::thresholds_of(settings), evidence->finished);
  return Failure{FailureKind::cancelled, domain.text() + ": the check did not finish"};
}

}  // namespace mtasts::cli
