// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter plan`: looks at the domain as it is now, reads what the agent remembers of it,
// and prints the safe order of a change with its dates. Writes nothing but its answer; a state that
// is not there or cannot be read is a sentence on `err`, and the plan says what it assumes.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace mtasts::cli {

struct PlanOptions {
  plan::PlanKind kind = plan::PlanKind::rollback;
  std::string domain;
  std::vector<std::string> to;  // new MX hosts, of mx-move alone
  std::optional<std::string> config;
  bool json = false;
};

// 0 a plan (also one that says that there is nothing to do), 3 nothing is known to plan from,
// 64 usage, 78 configuration.
int run_plan(const PlanOptions& options, std::ostream& out, std::ostream& err);

// The same from what was seen and what is remembered (null: nothing). `options.to` must be host
// names. No network, no files.
int tell_plan(const PlanOptions& options, const verdict::Report& report,
              verdict::HistoryPtr history, Time now, std::ostream& out, std::ostream& err);

}  // namespace mtasts::cli
