// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scheduler: checks every configured domain when it is due, at most `concurrency` at a time, and
// passes the evidence to a function. Does not judge or store anything itself. Loop thread only,
// including the counters.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/check_runner.h"
#include "schedule/due_list.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::schedule {

// The configured domains that this agent (shard) checks.
std::vector<settings::DomainEntry> domains_of_shard(const settings::Settings& settings);

class Scheduler {
 public:
  enum class Trigger : uint8_t { due, request };
  // Turns the evidence of a check into its report; never null.
  using Conclude = std::function<verdict::ReportPtr(const verdict::Evidence&, Trigger)>;

  // `steady_now` is the clock that decides when a domain is due.
  Scheduler(boost::asio::any_io_executor executor, Conclude conclude,
            std::function<SteadyTime()> steady_now = std::chrono::steady_clock::now);

  // Switches to these domains and this runner; running checks end with the old runner.
  void use(std::shared_ptr<check::CheckRunner> runner, const settings::CheckSettings& settings,
           const std::vector<settings::DomainEntry>& domains);
  // Starts no further checks and cancels the running ones; their evidence is dropped.
  void stop();

  // Runs one check immediately, of any domain, configured or not. `done` receives its report, or
  // null if there is none.
  void check_now(const DomainName& domain, std::chrono::milliseconds limit,
                 std::function<void(verdict::ReportPtr)> done);

  size_t in_flight() const { return in_flight_; }
  size_t queue_length() const;
  std::chrono::duration<double> lag();

 private:
  void start_due();
  void wait_for_next();
  boost::asio::awaitable<verdict::ReportPtr> check(std::shared_ptr<check::CheckRunner> runner,
                                                   DomainName domain,
                                                   std::chrono::milliseconds limit,
                                                   Trigger trigger);
  boost::asio::awaitable<void> run_due(std::shared_ptr<check::CheckRunner> runner,
                                       DomainName domain);
  boost::asio::awaitable<void> run_now(std::shared_ptr<check::CheckRunner> runner,
                                       DomainName domain, std::chrono::milliseconds limit,
                                       std::function<void(verdict::ReportPtr)> done);

  boost::asio::any_io_executor executor_;
  Conclude conclude_;
  std::function<SteadyTime()> steady_now_;
  std::shared_ptr<check::CheckRunner> runner_;
  std::unordered_map<std::string, DomainName> domains_;
  std::chrono::milliseconds timeout_{0};
  size_t concurrency_ = 0;
  DueList due_;
  boost::asio::steady_timer timer_;
  size_t in_flight_ = 0;
  bool stopped_ = false;
};

}  // namespace mtasts::schedule
