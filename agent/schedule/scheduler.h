// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scheduler: checks every configured domain when it is due, at most `concurrency` at a time, and
// hands the evidence on. Loop thread only; the numbers may be read there too.
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

// Those of the settings' domains that this agent checks.
std::vector<settings::DomainEntry> domains_of_shard(const settings::Settings& settings);

class Scheduler {
 public:
  enum class Trigger : uint8_t { due, request };
  // What the evidence of a check comes to; never null.
  using Conclude = std::function<verdict::ReportPtr(const verdict::Evidence&, Trigger)>;

  // `steady_now` tells when a domain is due.
  Scheduler(boost::asio::any_io_executor executor, Conclude conclude,
            std::function<SteadyTime()> steady_now = std::chrono::steady_clock::now);

  // From now on these domains with this runner; running checks end with the old one.
  void use(std::shared_ptr<check::CheckRunner> runner, const settings::CheckSettings& settings,
           const std::vector<settings::DomainEntry>& domains);
  // Starts no check any more and cancels those that run. Their evidence is dropped.
  void stop();

  // One check out of turn, of a domain configured or not. `done` gets its report, or null when
  // there is none.
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
