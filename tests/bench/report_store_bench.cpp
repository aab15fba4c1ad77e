// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "bench/report_store_bench.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "report_store/sqlite_report_store.h"
#include "state/database.h"
#include "state/state.h"

namespace mtasts::bench {
namespace {

using reports::Day;
using reports::StoredReport;
using std::chrono::steady_clock;

constexpr int kDays = 90;
constexpr int kWindow_days = 7;
const Day kToday{std::chrono::year(2026) / 11 / 27};
const Time kNow = Time(kToday) + std::chrono::hours(12);
const std::string kFullDomain = "full.example";

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double milliseconds_since(steady_clock::time_point begun) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - begun).count();
}

StoredReport report_of(const std::string& domain, const std::string& organization, int days_ago,
                       int failures) {
  StoredReport report;
  report.domain = domain;
  report.organization = organization;
  report.submitter = organization + ".example";
  report.day = kToday - std::chrono::days(days_ago);
  report.report_id = date_text(Time(report.day)) + "_" + domain;
  report.identity = organization + "\n" + report.report_id;
  report.key = report.identity;
  report.begin = Time(report.day);
  report.end = report.begin + std::chrono::hours(24);
  report.received = report.end + std::chrono::hours(6);
  report.policies = {{protocol::ReportPolicyType::sts, false,
                      "mode=enforce max_age=604800 mx=*.mail.example", 900, 47}};
  for (int i = 0; i < failures; ++i) {
    reports::FailureRow row;
    row.policy_type = protocol::ReportPolicyType::sts;
    row.type = protocol::kResultTypes[static_cast<size_t>(i % 5)];
    row.receiving_mx = "mx" + std::to_string(i % 4) + "." + domain;
    row.receiving_ip = "192.0.2." + std::to_string(i % 4);
    row.sending_network = "198.51." + std::to_string(i) + ".0/24";
    row.sessions = static_cast<uint64_t>(i) + 1;
    row.reason = "certificate verify failed";
    report.failures.push_back(row);
  }
  return report;
}

class Store {
 public:
  explicit Store(const std::string& path) {
    state::State::Options options;
    options.path = path;
    auto state = state::State::open(std::move(options));
    if (!state) throw std::runtime_error(state.failure().detail);
    state_ = std::move(*state);
    store_ = std::make_unique<report_store::SqliteReportStore>(*state_);
  }

  // The number of added reports.
  size_t add_ordinary(size_t domains) {
    size_t added = 0;
    for (int day = kDays - 1; day >= 0; --day) {
      std::vector<StoredReport> batch;
      for (size_t i = 0; i < domains; ++i)
        for (const char* organization : {"Google Inc.", "Microsoft Corporation"})
          batch.push_back(report_of("d" + std::to_string(i) + ".example", organization, day, 10));
      added += batch.size();
      add(batch);
    }
    return added;
  }

  void add_full() {
    for (int day = 0; day < reports::kDaysBefore + kWindow_days + 1; ++day) {
      std::vector<StoredReport> batch;
      for (int i = 0; i < 1200; ++i) {
        batch.push_back(report_of(kFullDomain, "Organization " + std::to_string(i), day, 4));
        for (auto& failure : batch.back().failures)
          failure.receiving_mx = std::to_string(i) + failure.receiving_mx;
      }
      add(batch);
    }
  }

  double summary_ms(const std::vector<std::string>& domains) {
    std::vector<double> times;
    for (const std::string& domain : domains) {
      auto begun = steady_clock::now();
      auto summary = store_->summary(domain, kWindow_days, kNow);
      times.push_back(milliseconds_since(begun));
      if (!summary || summary->failures.empty()) throw std::runtime_error("no summary");
    }
    std::ranges::sort(times);
    return times[times.size() / 2];
  }

  double purge_step_ms() {
    double longest = 0;
    for (bool more = true; more;) {
      auto begun = steady_clock::now();
      auto left = store_->purge(kToday - std::chrono::days(kDays - 30));
      longest = std::max(longest, milliseconds_since(begun));
      if (!left) throw std::runtime_error(left.failure().detail);
      more = *left;
    }
    return longest;
  }

  uint64_t rows() {
    int64_t rows = 0;
    auto error = state_->with_database([&](state::Database& database) {
      rows = database
                 .number(
                     "SELECT (SELECT count(*) FROM tlsrpt_failure)"
                     " + (SELECT count(*) FROM tlsrpt_line) + (SELECT count(*) FROM tlsrpt_policy)"
                     " + (SELECT count(*) FROM tlsrpt_report)")
                 .value_or(0);
    });
    if (error.trouble != state::ErrorClass::none) throw std::runtime_error(error.text);
    return static_cast<uint64_t>(rows);
  }

 private:
  void add(const std::vector<StoredReport>& batch) {
    auto added = store_->add(batch);
    if (!added) throw std::runtime_error(added.failure().detail);
  }

  std::unique_ptr<state::State> state_;
  std::unique_ptr<report_store::ReportStore> store_;
};

}  // namespace

ReportStoreCost measure_report_store(const std::string& directory, size_t domains) {
  const std::string path = directory + "/reports.db";
  Store store(path);
  ReportStoreCost cost;
  double begun = cpu_seconds();
  size_t added = store.add_ordinary(domains);
  cost.add_cpu_us = 1e6 * (cpu_seconds() - begun) / static_cast<double>(added);
  store.add_full();
  cost.rows = store.rows();
  for (const char* part : {"", "-wal"})
    if (std::filesystem::exists(path + part)) cost.bytes += std::filesystem::file_size(path + part);
  std::vector<std::string> names;
  for (size_t i = 0; i < domains; ++i) names.push_back("d" + std::to_string(i) + ".example");
  cost.summary_ms = store.summary_ms(names);
  cost.full_summary_ms = store.summary_ms(std::vector<std::string>(21, kFullDomain));
  cost.purge_step_ms = store.purge_step_ms();
  return cost;
}

}  // namespace mtasts::bench
