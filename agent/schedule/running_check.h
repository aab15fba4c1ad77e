// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// RunningCheck: one check of a domain while it is under way, and who waits for it: the schedule,
// requests with a time limit each, or both. RecentReports: what checks found within the last
// seconds, for requests that come again and again. Plain bookkeeping of the Scheduler. Loop thread
// only.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "async/async_event.h"
#include "base/time.h"
#include "schedule/due_list.h"
#include "verdict/evidence.h"
#include "verdict/report.h"

namespace mtasts::schedule {

struct RunningCheck {
  // Receives the report, or null if there is none.
  using Done = std::function<void(verdict::ReportPtr)>;
  struct Request {
    boost::asio::steady_timer limit;
    Done done;
  };

  RunningCheck(const boost::asio::any_io_executor& executor, DomainName domain, bool scheduled)
      : evidence(std::move(domain)), abandoned(executor), due(scheduled) {}

  verdict::Evidence evidence;   // so far
  async::AsyncEvent abandoned;  // set: nobody waits for the end any more
  bool due;                     // the schedule waits for it
  std::list<Request> requests;  // those whose time is not up yet
  verdict::ReportPtr part;      // of the evidence so far, when last asked for
  SteadyTime part_made{};
};
using RunningCheckPtr = std::shared_ptr<RunningCheck>;

class RecentReports {
 public:
  // A request gets the report of a check that ended at most this long ago.
  static constexpr std::chrono::seconds kFresh{5};
  // More checks than this do not end within that time.
  static constexpr size_t kMost = 10'000;

  // `calendar` is the system's clock: when it was set meanwhile, a report is not fresh, because
  // dates are judged by it.
  void add(const verdict::ReportPtr& report, SteadyTime now, Time calendar);
  // Null: none that is fresh.
  verdict::ReportPtr find(const std::string& domain, SteadyTime now, Time calendar);
  void clear();
  size_t size() const { return ended_.size(); }

 private:
  struct Ended {
    verdict::ReportPtr report;
    SteadyTime at;
    Time calendar;
  };
  void forget_old(SteadyTime now);

  std::deque<Ended> ended_;  // the oldest first
  std::unordered_map<std::string, Ended> latest_;
};

}  // namespace mtasts::schedule
