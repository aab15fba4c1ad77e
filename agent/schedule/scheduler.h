// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Scheduler: checks every configured domain when it is due, at most `concurrency` at a time, and
// hands each report on. Loop thread only; the numbers may be read there too.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "check/engine.h"
#include "schedule/due_list.h"
#include "settings/settings.h"
#include "verdict/report.h"

namespace mtasts::schedule {

// Those of the settings' domains that this agent checks.
std::vector<settings::DomainEntry> domains_of_shard(const settings::Settings& settings);

class Scheduler {
 public:
  using Publish = std::function<void(const verdict::ReportPtr&)>;
  // What is remembered of a domain; null: it has no memory. Empty: none has.
  using Recall = std::function<verdict::HistoryPtr(const std::string& domain)>;

  Scheduler(boost::asio::any_io_executor executor, Publish publish, Recall recall = {});

  // From now on these settings with this engine; running checks end with the old one.
  void use(std::shared_ptr<check::Engine> engine, const settings::Settings& settings);
  // Starts no check any more and cancels those that run. What they see is not published.
  void stop();

  // One check out of turn, of a domain configured or not, published as any other. `done` gets it,
  // or null when there is none.
  void check_now(const DomainName& domain, std::chrono::milliseconds limit,
                 std::function<void(verdict::ReportPtr)> done);

  size_t in_flight() const { return in_flight_; }
  size_t queue_length() const;
  std::chrono::duration<double> lag();

 private:
  void start_due();
  void wait_for_next();
  boost::asio::awaitable<verdict::ReportPtr> checked(std::shared_ptr<check::Engine> engine,
                                                     DomainName domain,
                                                     std::chrono::milliseconds limit);
  boost::asio::awaitable<void> run(std::shared_ptr<check::Engine> engine, DomainName domain);
  boost::asio::awaitable<void> run_now(std::shared_ptr<check::Engine> engine, DomainName domain,
                                       std::chrono::milliseconds limit,
                                       std::function<void(verdict::ReportPtr)> done);
  std::optional<protocol::Mode> expected_mode(const std::string& domain) const;

  boost::asio::any_io_executor executor_;
  Publish publish_;
  Recall recall_;
  std::shared_ptr<check::Engine> engine_;
  std::unordered_map<std::string, settings::DomainEntry> domains_;
  std::chrono::milliseconds timeout_{0};
  size_t concurrency_ = 0;
  DueList due_;
  boost::asio::steady_timer timer_;
  size_t in_flight_ = 0;
  bool stopped_ = false;
};

}  // namespace mtasts::schedule
