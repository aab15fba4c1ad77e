// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "schedule/scheduler.h"

#include <algorithm>
#include <random>
#include <utility>

#include "async/deadline.h"
#include "base/log.h"
#include "base/time.h"
#include "schedule/shard.h"

namespace mtasts::schedule {
namespace {

namespace asio = boost::asio;

// Something could not be observed, or a change was observed for the first time.
bool wants_another_check(const verdict::Report& report) {
  return verdict::is_worth_repeating(report) ||
         (report.history != nullptr && verdict::is_unsettled(*report.history));
}

// How long the report of unfinished evidence is handed out again.
constexpr std::chrono::seconds kPartLife{1};

asio::awaitable<bool> whole_check(check::CheckRunner& runner, verdict::Evidence& evidence,
                                  std::chrono::milliseconds limit) {
  co_await runner.observe(evidence, limit);
  co_return true;
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
                    const settings::CheckSettings& settings) {
  runner_ = std::move(runner);
  timeout_ = settings.timeout;
  concurrency_ = static_cast<size_t>(settings.concurrency);
  if (interval_ != settings.interval) due_.set_interval(settings.interval, steady_now_());
  interval_ = settings.interval;
  start_due();
}

void Scheduler::add(const DomainName& domain, size_t index, size_t total) {
  if (!domains_.emplace(domain.text(), domain).second) return;
  due_.add(domain.text(), index, total, steady_now_());
  wait_for_next();
}

void Scheduler::remove(const std::string& domain) {
  domains_.erase(domain);
  due_.remove(domain);
}

void Scheduler::stop() {
  stopped_ = true;
  timer_.cancel();
  // Checks may take their time to end; whoever waits for one need not.
  for (const auto& [name, check] : running_)
    for (RunningCheck::Request& request : std::exchange(check->requests, {})) request.done(nullptr);
  if (runner_ != nullptr) runner_->tasks().cancel_all();
}

void Scheduler::start_due() {
  while (!stopped_ && in_flight_ < concurrency_) {
    auto name = due_.take(steady_now_());
    if (!name) break;
    auto found = domains_.find(*name);
    if (found == domains_.end()) continue;
    auto running = running_.find(*name);
    // Removed and added again while its check is under way: that one counts.
    if (running != running_.end() && running->second->due) continue;
    ++in_flight_;
    if (running != running_.end())
      running->second->due = true;
    else
      start(std::make_shared<RunningCheck>(executor_, found->second, true), timeout_);
  }
  wait_for_next();
}

void Scheduler::wait_for_next() {
  if (stopped_) return;
  auto next = due_.next_due();
  // At the concurrency limit, the next check starts when one ends.
  if (!next || in_flight_ >= concurrency_) return;
  if (wakes_at_ && *wakes_at_ <= *next) return;  // the timer is set, and not too late
  wakes_at_ = next;
  timer_.expires_after(*next - steady_now_());
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    wakes_at_.reset();
    start_due();
  });
}

void Scheduler::start(const RunningCheckPtr& check, std::chrono::milliseconds limit) {
  running_[check->evidence.domain.text()] = check;
  runner_->tasks().spawn(run(runner_, check, limit));
}

asio::awaitable<void> Scheduler::run(std::shared_ptr<check::CheckRunner> runner,
                                     RunningCheckPtr check, std::chrono::milliseconds limit) {
  verdict::ReportPtr report = co_await observe(*runner, *check, limit);
  auto place = running_.find(check->evidence.domain.text());
  if (place != running_.end() && place->second == check) running_.erase(place);
  end(*check, report);
}

// The only catch around a check: a broken invariant in one domain's check must not stop the others.
asio::awaitable<verdict::ReportPtr> Scheduler::observe(check::CheckRunner& runner,
                                                       RunningCheck& check,
                                                       std::chrono::milliseconds limit) {
  try {
    auto whole = whole_check(runner, check.evidence, limit);
    auto ended = co_await async::unless_set(std::move(whole), check.abandoned);
    // The evidence of a cancelled check proves nothing.
    if (ended && !stopped_)
      co_return conclude_(check.evidence, check.due ? Trigger::due : Trigger::request);
  } catch (const std::exception& broken) {
    if (!stopped_)
      log(LogLevel::error, "check failed with an internal error",
          {{"domain", check.evidence.domain.text()}, {"error", broken.what()}});
  }
  co_return nullptr;
}

void Scheduler::end(RunningCheck& check, const verdict::ReportPtr& report) {
  if (report != nullptr && !stopped_) recent_.add(report, steady_now_(), system_now());
  for (RunningCheck::Request& request : std::exchange(check.requests, {})) request.done(report);
  if (!check.due) return;
  --in_flight_;
  if (stopped_) return;
  due_.done(check.evidence.domain.text(), report != nullptr && !wants_another_check(*report),
            steady_now_());
  start_due();
}

void Scheduler::check_now(const DomainName& domain, std::chrono::milliseconds limit,
                          RunningCheck::Done done) {
  if (stopped_ || runner_ == nullptr) return done(nullptr);
  if (auto known = recent_.find(domain.text(), steady_now_(), system_now()))
    return done(std::move(known));
  auto running = running_.find(domain.text());
  if (running != running_.end()) return join(running->second, limit, std::move(done));
  auto check = std::make_shared<RunningCheck>(executor_, domain, false);
  join(check, limit, std::move(done));
  start(check, std::max(limit, timeout_));
}

void Scheduler::join(const RunningCheckPtr& check, std::chrono::milliseconds limit,
                     RunningCheck::Done done) {
  auto& requests = check->requests;
  auto place =
      requests.insert(requests.end(), {asio::steady_timer(executor_, limit), std::move(done)});
  place->limit.async_wait([this, check, place](const boost::system::error_code& error) {
    // Without requests, the place is no more: the check has ended, its timers wait to be told.
    if (!error && !check->requests.empty()) time_is_up(check, place);
  });
}

void Scheduler::time_is_up(const RunningCheckPtr& check,
                           std::list<RunningCheck::Request>::iterator place) {
  RunningCheck::Done done = std::move(place->done);
  check->requests.erase(place);
  const bool last = check->requests.empty() && !check->due;
  verdict::ReportPtr report = last ? conclude(check->evidence, Trigger::request) : part_of(*check);
  if (last) {
    running_.erase(check->evidence.domain.text());
    check->abandoned.set();
  }
  done(std::move(report));
}

// Made once a second at most: many requests may end at once.
verdict::ReportPtr Scheduler::part_of(RunningCheck& check) {
  const SteadyTime now = steady_now_();
  if (check.part == nullptr || now - check.part_made >= kPartLife) {
    check.part = conclude(check.evidence, Trigger::unfinished);
    check.part_made = now;
  }
  return check.part;
}

// Of evidence that is not complete: what is missing is `cancelled`.
verdict::ReportPtr Scheduler::conclude(const verdict::Evidence& evidence, Trigger trigger) {
  verdict::Evidence part = evidence;
  part.finished = system_now();
  try {
    return conclude_(part, trigger);
  } catch (const std::exception& broken) {
    log(LogLevel::error, "check failed with an internal error",
        {{"domain", evidence.domain.text()}, {"error", broken.what()}});
    return nullptr;
  }
}

size_t Scheduler::queue_length() const { return due_.overdue(steady_now_()); }

std::chrono::duration<double> Scheduler::lag() { return due_.lag(steady_now_()); }

}  // namespace mtasts::schedule
