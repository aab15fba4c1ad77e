// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter plan`: checks the domain as it is now, reads its recorded history, and prints
// the safe order of a change with dates. Writes nothing but its output; if the state is missing or
// cannot be read, it prints a sentence on `err`, and the plan states its assumptions.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "base/domain_name.h"
#include "plan/plan.h"
#include "settings/settings.h"

namespace mtasts::cli {

struct PlanOptions {
  plan::PlanKind kind = plan::PlanKind::rollback;
  std::string domain;
  std::vector<std::string> to;  // new MX hosts, for mx-move only
  std::optional<std::string> config;
  bool json = false;
};

// Returns 0 with a plan (also if there is nothing to do), 3 if nothing is known to plan from, 64
// usage, 78 configuration.
int run_plan(const PlanOptions& options, std::ostream& out, std::ostream& err);

// What a plan is made of beside the report of a check.
struct PlanSources {
  verdict::HistoryPtr history;         // null: none
  reports::DomainSummaryPtr reported;  // null: TLS reports are not taken in
  std::optional<plan::HostedSource> hosted;
};
// The same from a given report. `options.to` must be host names. No network, no files.
int tell_plan(const PlanOptions& options, const verdict::Report& report, PlanSources sources,
              Time now, std::ostream& out, std::ostream& err);

// The [[policy]] of the settings that serves the domain; empty: there is none.
std::optional<plan::HostedSource> hosted_source(const settings::Settings& settings,
                                                const DomainName& domain);

}  // namespace mtasts::cli
