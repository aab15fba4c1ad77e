// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "cli/check_once.h"

#include <boost/asio/io_context.hpp>

#include "check/engine.h"

namespace mtasts::cli {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> look(check::Engine& engine, DomainName domain,
                           std::chrono::milliseconds timeout,
                           std::optional<verdict::Report>& report) {
  check::Checker::Recall no_memory;
  report = co_await engine.checker().check(domain, std::nullopt, no_memory, timeout);
}

}  // namespace

Result<verdict::Report> look_once(settings::Settings settings, const DomainName& domain) {
  settings.smtp.enabled = false;
  asio::io_context loop(1);  // outlives all that runs on it
  auto engine = check::Engine::create(loop.get_executor(), settings, system_now,
                                      [](std::string_view, double) {});
  if (!engine) return engine.failure();
  std::optional<verdict::Report> report;
  (*engine)->tasks().spawn(look(**engine, domain, settings.check.timeout, report));
  while (!report && loop.run_one() > 0) {
  }
  (*engine)->tasks().cancel_all();
  loop.run_for(std::chrono::seconds(1));
  if (report) return std::move(*report);
  return Failure{FailureKind::cancelled, domain.text() + ": the check did not finish"};
}

}  // namespace mtasts::cli
