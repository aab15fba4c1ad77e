// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/scheduler.h"

#include <random>

#include "base/log.h"
#include "schedule/shard.h"

namespace mtasts::schedule {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

// Something was not seen, or was seen changed for the first time.
bool wants_another_look(const verdict::Report& report) {
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

Scheduler::Scheduler(asio::any_io_executor executor, Publish publish, Recall recall)
    : executor_(executor),
      publish_(std::move(publish)),
      recall_(std::move(recall)),
      due_(std::random_device{}()),
      timer_(executor) {}

void Scheduler::use(std::shared_ptr<check::Engine> engine, const settings::Settings& settings) {
  engine_ = std::move(engine);
  timeout_ = settings.check.timeout;
  concurrency_ = static_cast<size_t>(settings.check.concurrency);
  domains_.clear();
  std::vector<std::string> names;
  for (settings::DomainEntry& entry : domains_of_shard(settings)) {
    names.push_back(entry.name.text());
    domains_.emplace(names.back(), std::move(entry));
  }
  due_.set_names(names, settings.check.interval, SteadyClock::now());
  start_due();
}

void Scheduler::stop() {
  stopped_ = true;
  timer_.cancel();
  if (engine_ != nullptr) engine_->tasks().cancel_all();
}

void Scheduler::start_due() {
  while (!stopped_ && in_flight_ < concurrency_) {
    auto name = due_.take(SteadyClock::now());
    if (!name) break;
    auto found = domains_.find(*name);
    if (found == domains_.end()) continue;
    ++in_flight_;
    engine_->tasks().spawn(run(engine_, found->second.name));
  }
  wait_for_next();
}

void Scheduler::wait_for_next() {
  if (stopped_) return;
  auto next = due_.next_due();
  // At the limit the next check starts when one ends.
  if (!next || in_flight_ >= concurrency_) return;
  timer_.expires_at(*next);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) start_due();
  });
}

asio::awaitable<void> Scheduler::run(std::shared_ptr<check::Engine> engine, DomainName domain) {
  verdict::ReportPtr report = co_await checked(std::move(engine), domain, timeout_);
  --in_flight_;
  if (stopped_) co_return;
  due_.done(domain.text(), report != nullptr && !wants_another_look(*report), SteadyClock::now());
  if (report != nullptr) publish_(report);
  start_due();
}

// The one catch of a check: a broken invariant in one domain's check must not stop the others.
asio::awaitable<verdict::ReportPtr> Scheduler::checked(std::shared_ptr<check::Engine> engine,
                                                       DomainName domain,
                                                       std::chrono::milliseconds limit) {
  try {
    check::Checker::Recall recall;
    if (recall_) recall = [this, name = domain.text()] { return recall_(name); };
    std::optional<protocol::Mode> expected = expected_mode(domain.text());
    verdict::Report report = co_await engine->checker().check(domain, expected, recall, limit);
    co_return std::make_shared<const verdict::Report>(std::move(report));
  } catch (const std::exception& broken) {
    if (!stopped_)
      log(LogLevel::error, "check failed with an internal error",
          {{"domain", domain.text()}, {"error", broken.what()}});
  }
  co_return nullptr;
}

void Scheduler::check_now(const DomainName& domain, std::chrono::milliseconds limit,
                          std::function<void(verdict::ReportPtr)> done) {
  if (stopped_ || engine_ == nullptr) return done(nullptr);
  engine_->tasks().spawn(run_now(engine_, domain, limit, std::move(done)));
}

asio::awaitable<void> Scheduler::run_now(std::shared_ptr<check::Engine> engine, DomainName domain,
                                         std::chrono::milliseconds limit,
                                         std::function<void(verdict::ReportPtr)> done) {
  verdict::ReportPtr report = co_await checked(std::move(engine), domain, limit);
  // A probe that its scrape cut short must not overwrite what a whole check saw.
  bool whole = report != nullptr && verdict::is_conclusive(*report);
  if (whole && !stopped_ && domains_.contains(domain.text())) publish_(report);
  done(std::move(report));
}

std::optional<protocol::Mode> Scheduler::expected_mode(const std::string& domain) const {
  auto found = domains_.find(domain);
  return found == domains_.end() ? std::nullopt : found->second.expected_mode;
}

size_t Scheduler::queue_length() const { return due_.overdue(SteadyClock::now()); }

std::chrono::duration<double> Scheduler::lag() { return due_.lag(SteadyClock::now()); }

}  // namespace mtasts::schedule
