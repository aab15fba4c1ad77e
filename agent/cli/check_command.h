// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter check`: one whole check of each domain now, without memory, and the answer for a
// person or as JSON, with the exit status of the monitoring plugins. Runs its own loop; blocks.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "verdict/report.h"

namespace mtasts::cli {

struct CheckOptions {
  std::vector<std::string> domains;
  std::optional<std::string> config;
  bool json = false;
  verdict::Severity fail_on = verdict::Severity::warning;
  bool smtp = true;
};

// Results in the order given on `out`, problems of ours and progress on `err`.
int run_check(const CheckOptions& options, std::ostream& out, std::ostream& err);

// 0 nothing at or above `fail_on`, 1 warning (or info), 2 critical, 3 we could not see.
int exit_status_of(const verdict::Report& report, verdict::Severity fail_on);
// Of several domains: what is known to be wrong goes before what we could not see.
int worst_exit_status(const std::vector<int>& statuses);

}  // namespace mtasts::cli
