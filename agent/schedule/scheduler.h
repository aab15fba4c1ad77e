// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scheduler: checks every configured domain when it is due, at most `concurrency` at a time, and
// others on request, and passes the evidence to a function. A domain has one check at a time:
// whoever wants one meanwhile, schedule or request, joins it. Does not judge or store anything
// itself. Loop thread only, including the counters.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/check_runner.h"
#include "schedule/due_list.h"
#include "schedule/running_check.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::schedule {

// The configured domains that this agent (shard) checks.
std::vector<settings::DomainEntry> domains_of_shard(const settings::Settings& settings);

class Scheduler {
 public:
  // unfinished: the evidence so far of a check that goes on, for a request whose time is up.
  enum class Trigger : uint8_t { due, request, unfinished };
  // Turns the evidence of a check into its report; never null.
  using Conclude = std::function<verdict::ReportPtr(const verdict::Evidence&, Trigger)>;

  // `steady_now` is the clock that decides when a domain is due.
  Scheduler(boost::asio::any_io_executor executor, Conclude conclude,
            std::function<SteadyTime()> steady_now = std::chrono::steady_clock::now);

  // Switches to this runner, which may be the one in use; running checks end with the old one.
  // Domains keep their times.
  void use(std::shared_ptr<check::CheckRunner> runner, const settings::CheckSettings& settings);
  // Changes the domains that are checked when due. Of `total` new ones, in random order, this is
  // the one with the number `index`, which spreads their first checks. A known one is not changed.
  void add(const DomainName& domain, size_t index, size_t total);
  void remove(const std::string& domain);
  // Reports of the last seconds are of settings that do not hold any more.
  void forget_recent() { recent_.clear(); }
  // Starts no further checks and cancels the running ones; their evidence is dropped.
  void stop();

  // The report of a check of any domain, configured or not: of one that ended within the last
  // seconds (RecentReports::kFresh), else of the one that is under way, else of a new one. After
  // `limit` that of the evidence so far. A check that only requests wait for ends with the last of
  // them. `done` receives the report, or null if there is none; once in any case, perhaps at once.
  void check_now(const DomainName& domain, std::chrono::milliseconds limit,
                 RunningCheck::Done done);

  size_t in_flight() const { return in_flight_; }  // of those that are due
  size_t running() const { return running_.size(); }
  size_t queue_length() const;
  std::chrono::duration<double> lag();

 private:
  void start_due();
  void wait_for_next();
  void start(const RunningCheckPtr& check, std::chrono::milliseconds limit);
  boost::asio::awaitable<void> run(std::shared_ptr<check::CheckRunner> runner,
                                   RunningCheckPtr check, std::chrono::milliseconds limit);
  boost::asio::awaitable<verdict::ReportPtr> observe(check::CheckRunner& runner,
                                                     RunningCheck& check,
                                                     std::chrono::milliseconds limit);
  void end(RunningCheck& check, const verdict::ReportPtr& report);
  void join(const RunningCheckPtr& check, std::chrono::milliseconds limit, RunningCheck::Done done);
  void time_is_up(const RunningCheckPtr& check, std::list<RunningCheck::Request>::iterator place);
  verdict::ReportPtr part_of(RunningCheck& check);
  verdict::ReportPtr conclude(const verdict::Evidence& evidence, Trigger trigger);

  boost::asio::any_io_executor executor_;
  Conclude conclude_;
  std::function<SteadyTime()> steady_now_;
  std::shared_ptr<check::CheckRunner> runner_;
  std::unordered_map<std::string, DomainName> domains_;
  std::chrono::milliseconds timeout_{0};
  std::chrono::milliseconds interval_{0};
  size_t concurrency_ = 0;
  DueList due_;
  std::unordered_map<std::string, RunningCheckPtr> running_;
  RecentReports recent_;
  boost::asio::steady_timer timer_;
  std::optional<SteadyTime> wakes_at_;  // when the timer is set to
  size_t in_flight_ = 0;
  bool stopped_ = false;
};

}  // namespace mtasts::schedule
