// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// A ReportIntake with a spool in memory, a store that can fail, and names that may not be known
// yet.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "intake/report_intake.h"

namespace mtasts::intake {

using report_store::AddOutcome;
using reports::Rejection;

inline Time noon() {
  return std::chrono::sys_days(std::chrono::year(2026) / 11 / 20) + std::chrono::hours(12);
}

class Names : public reports::OwnNames {
 public:
  bool is_configured(std::string_view domain) const override {
    return domain == "example.com" || domain == "example.net";
  }
  std::vector<std::string> domains_of_mx(std::string_view host) const override {
    if (complete && host == "mx.example.com") return {"example.com"};
    return {};
  }
  bool knows_mx_hosts() const override { return complete; }
  std::atomic<bool> complete = true;  // MX hosts are known
};

// Remembers keys; can fail as a whole, or for one report id.
class FakeStore : public report_store::ReportStore {
 public:
  Result<std::vector<AddOutcome>> add(const std::vector<reports::StoredReport>& batch) override {
    std::lock_guard lock(mutex);
    ++adds;
    for (const reports::StoredReport& report : batch)
      if (broken || report.report_id == refused_id) return Failure{FailureKind::io, "disk full"};
    std::vector<AddOutcome> outcomes;
    for (const reports::StoredReport& report : batch) {
      bool added = stored.emplace(report.key, report).second;
      outcomes.push_back(added ? AddOutcome::added : AddOutcome::duplicate);
    }
    return outcomes;
  }
  Result<reports::DomainSummary> summary(const std::string& domain, int, Time) override {
    std::lock_guard lock(mutex);
    reports::DomainSummary summary;
    for (const auto& [key, report] : stored)
      if (report.domain == domain) ++summary.totals.reports;
    return summary;
  }
  Result<std::vector<std::string>> domains() override {
    return std::vector<std::string>{"example.com", "gone.example"};
  }
  Result<reports::ReportListing> list(const std::string&, int, size_t, Time) override {
    return reports::ReportListing();
  }
  Result<bool> purge(reports::Day before) override {
    std::lock_guard lock(mutex);
    purged_before = before;
    return ++purges < 3;
  }

  std::mutex mutex;
  std::map<std::string, reports::StoredReport> stored;
  std::string refused_id = "none";
  bool broken = false;
  int adds = 0;
  int purges = 0;
  reports::Day purged_before{};
};

inline std::string report_json(const std::string& id, const std::string& domain = "example.com",
                               const std::string& day = "2026-11-19") {
  return fmt::format(
      R"({{"organization-name":"Sender","date-range":{{"start-datetime":"{2}T00:00:00Z",)"
      R"("end-datetime":"{2}T23:59:59Z"}},"contact-info":"tls@sender.example","report-id":"{0}",)"
      R"("policies":[{{"policy":{{"policy-type":"sts","policy-domain":"{1}"}},)"
      R"("summary":{{"total-successful-session-count":5,"total-failure-session-count":0}}}}]}})",
      id, domain, day);
}

struct Scene {
  std::unique_ptr<Spool> spool = std::move(*Spool::open(""));
  FakeStore store;
  Names names;
  std::mutex mutex;
  std::map<std::string, uint64_t> summaries;  // reports in the latest one
  std::map<Rejection, int> rejections;
  std::atomic<Time> now = noon();
  std::unique_ptr<ReportIntake> intake;

  void start() {
    IntakeHooks hooks;
    hooks.summarized = [this](const std::string& domain, const reports::DomainSummaryPtr& summary) {
      std::lock_guard lock(mutex);
      summaries[domain] = summary->totals.reports;
    };
    hooks.rejected = [this](Rejection reason) {
      std::lock_guard lock(mutex);
      ++rejections[reason];
    };
    IntakeOptions options;
    options.clock = [this] { return now.load(); };
    options.retry_after = std::chrono::milliseconds(20);
    intake = std::make_unique<ReportIntake>(*spool, store, names, hooks, options);
  }
  void put(const std::string& octets) {
    ASSERT_EQ(spool->put(octets, Source::https, false, "192.0.2.1", noon()), PutOutcome::kept);
  }
};

}  // namespace mtasts::intake
