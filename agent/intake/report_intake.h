// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportIntake: takes TLS reports (RFC 8460) from the spool to the store: unpacks, reads and admits
// them, stores them in batches, removes them from the spool once they are stored, and summarises
// the domains that they are about. A crash between storing and removing repeats an entry, which the
// store recognises as a duplicate. While the store fails, entries stay in the spool; so do, for a
// while, those that may be about an MX host of a domain which was not looked up yet. Deletes what
// is older than the retention. One thread of its own; public functions: any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"
#include "intake/spool.h"
#include "report_store/report_store.h"
#include "reports/admission.h"
#include "reports/rejected_report.h"
#include "reports/summary.h"

namespace mtasts::intake {

struct IntakeOptions {
  std::chrono::milliseconds retention = std::chrono::hours(24 * 90);
  int window_days = 7;
  std::string authserv_id;  // whose Authentication-Results are believed; empty: nobody's
  Clock clock = system_now;
  std::chrono::milliseconds retry_after = std::chrono::seconds(10);  // while the store fails
  // How long after the start, or after refresh(), entries may wait for the MX hosts of all domains.
  std::chrono::milliseconds hold = std::chrono::hours(6);
};

// Called on the intake's thread.
struct IntakeHooks {
  std::function<void(const std::string& domain, const reports::DomainSummaryPtr& summary)>
      summarized;
  std::function<void(reports::Rejection reason)> rejected;
};

class ReportIntake {
 public:
  // All references must outlive this object. Starts with what the spool holds, and summarises every
  // configured domain that has reports.
  ReportIntake(Spool& spool, report_store::ReportStore& store, const reports::OwnNames& own,
               IntakeHooks hooks, IntakeOptions options);
  ~ReportIntake();
  ReportIntake(const ReportIntake&) = delete;
  ReportIntake& operator=(const ReportIntake&) = delete;

  // Summarises every configured domain again: the configured domains have changed. New ones are
  // waited for.
  void refresh();
  // Runs `task` with the store on the intake's thread, soon; false: too many are waiting. A task
  // that still waits at the end is dropped.
  bool query(std::function<void(report_store::ReportStore&)> task);
  // The latest of the last kRejectedShown, without duplicates of what is stored.
  reports::RejectedReports rejected() const;
  // Blocks until what the spool held is processed, or the store failed. For tests.
  void drain();

 private:
  struct Batch;

  void run();
  void step();
  bool has_work() const;
  std::chrono::milliseconds patience() const;
  void take_entries(Batch& batch);
  void process(Batch& batch);
  void unpack(size_t index, Batch& batch);
  bool admit(size_t index, const Result<protocol::TlsReport>& report,
             const reports::ReportEnvelope& envelope, Batch& batch);
  bool may_hold(const SpoolEntry& entry, size_t size_bytes) const;
  void hold(const SpoolEntry& entry, size_t size_bytes);
  void release_held();
  bool store_batch(Batch& batch);
  bool store_alone(Batch& batch);
  void settle(const Batch& batch, size_t first, const std::vector<report_store::AddOutcome>& done);
  void summarise_some();
  void summarise(const std::string& domain);
  void plan_summaries();
  void purge_some();
  void answer_queries();
  // `from`: who sent it by its own account; may be empty.
  void reject(const SpoolEntry& entry, reports::Rejection reason, std::string_view from,
              std::string_view detail);

  Spool& spool_;
  report_store::ReportStore& store_;
  const reports::OwnNames& own_;
  const IntakeHooks hooks_;
  const IntakeOptions options_;

  // The thread alone.
  std::set<std::string> to_summarise_;
  reports::Day summarised_day_{};
  std::chrono::steady_clock::time_point summarise_at_{};  // not earlier
  bool store_fails_ = false;                              // in this round
  bool took_ = false;                                     // entries, in the last round
  bool more_to_purge_ = false;
  struct Held {
    size_t size_bytes = 0;
    Time received{};
  };
  std::map<std::string, Held> held_;  // by id: entries that stay in the spool
  size_t held_bytes_ = 0;
  Time hold_until_{};
  std::chrono::steady_clock::time_point purge_at_{};

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool refresh_ = true;
  uint64_t idle_rounds_ = 0;  // in which nothing was left to do, or the store failed
  bool stopping_ = false;
  std::deque<std::function<void(report_store::ReportStore&)>> queries_;
  std::deque<reports::RejectedReport> rejected_;  // newest first

  std::thread thread_;
};

}  // namespace mtasts::intake
