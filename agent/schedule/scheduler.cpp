// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/scheduler.h"

#include <random>

#include "base/log.h"
#include "schedule/shard.h"

namespace mtasts::schedule {
namespace {

namespace asio = boost::asio;

// Something could not be observed, or a change was observed for the first time.
bool wants_another_check(const verdict::Report& report) {
  return !verdict::is_conclusive(report) ||
         (report.history != nullptr && verdict::is_unsettled(*report.history));
}

}  // namespace

std::vector<settings::DomainEntry> domains_of_shard(const settings::Settings& settings) {
  std::vector<settings::DomainEntry> mine;
  for (const settings::DomainEntry& entry : settings.domains)
    if (shard_of(entry.name.text(), settings.shard.total) == settings.shard.index)
      mine.push_back(entry);
  return mine;
}

Scheduler::Scheduler(asio::any_io_executor executor, Conclude conclude,
                     std::function<SteadyTime()> steady_now)
    : executor_(executor),
      conclude_(std::move(conclude)),
      steady_now_(std::move(steady_now)),
      due_(std::random_device{}()),
      timer_(executor) {}

void Scheduler::use(std::shared_ptr<check::CheckRunner> runner,
                    const settings::CheckSettings& settings,
                    const std::vector<settings::DomainEntry>& domains) {
  runner_ = std::move(runner);
  timeout_ = settings.timeout;
  concurrency_ = static_cast<size_t>(settings.concurrency);
  domains_.clear();
  std::vector<std::string> names;
  for (const settings::DomainEntry& entry : domains) {
    names.push_back(entry.name.text());
    domains_.emplace(names.back(), entry.name);
  }
  due_.set_names(names, settings.interval, steady_now_());
  start_due();
}

void Scheduler::stop() {
  stopped_ = true;
  timer_.cancel();
  if (runner_ != nullptr) runner_->tasks().cancel_all();
}

void Scheduler::start_due() {
  while (!stopped_ && in_flight_ < concurrency_) {
    auto name = due_.take(steady_now_());
    if (!name) break;
    auto found = domains_.find(*name);
    if (found == domains_.end()) continue;
    ++in_flight_;
    runner_->tasks().spawn(run_due(runner_, found->second));
  }
  wait_for_next();
}

void Scheduler::wait_for_next() {
  if (stopped_) return;
  auto next = due_.next_due();
  // At the concurrency limit, the next check starts when one ends.
  if (!next || in_flight_ >= concurrency_) return;
  timer_.expires_after(*next - steady_now_());
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_due();
  });
}

asio::awaitable<void> Scheduler::run_due(std::shared_ptr<check::CheckRunner> runner,
                                         DomainName domain) {
  verdict::ReportPtr report = co_await check(std::move(runner), domain, timeout_, Trigger::due);
  --in_flight_;
  if (stopped_) co_return;
  due_.done(domain.text(), report != nullptr && !wants_another_check(*report), steady_now_());
  start_due();
}

// The only catch around a check: a broken invariant in one domain's check must not stop the others.
asio::awaitable<verdict::ReportPtr> Scheduler::check(std::shared_ptr<check::CheckRunner> runner,
                                                     DomainName domain,
                                                     std::chrono::milliseconds limit,
                                                     Trigger trigger) {
  try {
    verdict::Evidence evidence = co_await runner->check(domain, limit);
    // The evidence of a cancelled check proves nothing.
    if (!stopped_) co_return conclude_(evidence, trigger);
  } catch (const std::exception& broken) {
    if (!stopped_)
      log(LogLevel::error, "check failed with an internal error",
          {{"domain", domain.text()}, {"error", broken.what()}});
  }
  co_return nullptr;
}

void Scheduler::check_now(const DomainName& domain, std::chrono::milliseconds limit,
                          std::function<void(verdict::ReportPtr)> done) {
  if (stopped_ || runner_ == nullptr) return done(nullptr);
  runner_->tasks().spawn(run_now(runner_, domain, limit, std::move(done)));
}

asio::awaitable<void> Scheduler::run_now(std::shared_ptr<check::CheckRunner> runner,
                                         DomainName domain, std::chrono::milliseconds limit,
                                         std::function<void(verdict::ReportPtr)> done) {
  verdict::ReportPtr report = co_await check(std::move(runner), domain, limit, Trigger::request);
  done(std::move(report));
}

size_t Scheduler::queue_length() const { return due_.overdue(steady_now_()); }

std::chrono::duration<double> Scheduler::lag() { return due_.lag(steady_now_()); }

}  // namespace mtasts::schedule
