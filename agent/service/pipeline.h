// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Pipeline: processes the evidence of a check: judges it with the domain's history, publishes the
// report to LatestReports, records it in the state, renders it for the scrape, counts and logs it.
// No network. Loop thread only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "board/latest_reports.h"
#include "check/hosted_policies.h"
#include "present/agent_metrics.h"
#include "present/exposition_cache.h"
#include "schedule/scheduler.h"
#include "settings/settings.h"
#include "state/state.h"
#include "verdict/evidence.h"
#include "verdict/report.h"
#include "verdict/thresholds.h"

namespace mtasts::service {

// The destinations of reports; all must outlive the pipeline.
struct Destinations {
  board::LatestReports& reports;
  present::ExpositionCache& exposition;
  present::AgentMetrics& metrics;
  state::State& state;
};

class Pipeline {
 public:
  explicit Pipeline(Destinations destinations) : to_(destinations) {}

  // Sets the thresholds for all later evidence.
  void set_thresholds(const verdict::Thresholds& thresholds) { thresholds_ = thresholds; }

  // Sets the policies that the agent serves, for all later evidence.
  void set_hosted(check::HostedPoliciesPtr hosted) { hosted_ = std::move(hosted); }

  // Adds a configured domain, or changes its labels and expected mode; forgets one; takes over what
  // the state remembers of a new one, before its first check.
  void put_domain(const settings::DomainEntry& domain) {
    to_.exposition.apply(to_.reports.put_domain(domain));
  }
  void remove_domain(const std::string& domain) {
    to_.exposition.apply(to_.reports.remove_domain(domain));
  }
  void restore(const state::Remembered& known) {
    to_.exposition.apply(to_.reports.restore(known.report, known.stages));
  }

  // Judges the evidence and publishes the reports that may replace a configured domain's latest
  // one: those of every scheduled check, and of a requested check that observed everything (a
  // scrape's time limit may have cut it short). What is still unfinished replaces nothing.
  verdict::ReportPtr conclude(const verdict::Evidence& evidence,
                              schedule::Scheduler::Trigger trigger);

 private:
  verdict::ReportPtr judge(const verdict::Evidence& evidence,
                           const board::DomainEntryPtr& known) const;
  void publish(const verdict::ReportPtr& report, const board::DomainEntryPtr& before);

  Destinations to_;
  verdict::Thresholds thresholds_;
  check::HostedPoliciesPtr hosted_;
};

}  // namespace mtasts::service
