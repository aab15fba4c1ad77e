// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Pipeline: the one place that knows the whole way of a check's evidence: with the domain's history
// it is judged, the report is published on the board, written to the state, rendered for the
// scrape, counted and logged. Loop thread only.
#pragma once

#include <string>
#include <vector>

#include "board/latest_reports.h"
#include "present/agent_metrics.h"
#include "present/exposition_cache.h"
#include "schedule/scheduler.h"
#include "settings/settings.h"
#include "state/state.h"
#include "verdict/evidence.h"
#include "verdict/report.h"
#include "verdict/thresholds.h"

namespace mtasts::service {

// Where reports go; all must outlive the pipeline.
struct Destinations {
  board::LatestReports& reports;
  present::ExpositionCache& exposition;
  present::AgentMetrics& metrics;
  state::State& state;
};

class Pipeline {
 public:
  explicit Pipeline(Destinations destinations) : to_(destinations) {}

  // What all later evidence is judged by.
  void set_thresholds(const verdict::Thresholds& thresholds) { thresholds_ = thresholds; }

  // The domains there are from now on; `remembered` is what the state knows of those that are new.
  void set_domains(const std::vector<settings::DomainEntry>& domains,
                   const std::vector<state::Remembered>& remembered);

  // Judges, and publishes what is the last word on a configured domain: every check that was due,
  // and a requested one that observed everything (a scrape's limit may have cut it short).
  verdict::ReportPtr conclude(const verdict::Evidence& evidence,
                              schedule::Scheduler::Trigger trigger);

 private:
  verdict::ReportPtr judge(const verdict::Evidence& evidence,
                           const board::DomainEntryPtr& known) const;
  void publish(const verdict::ReportPtr& report, const board::DomainEntryPtr& before);

  Destinations to_;
  verdict::Thresholds thresholds_;
};

}  // namespace mtasts::service
