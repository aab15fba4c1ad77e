// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter check`: one complete check of each domain now, without history. Prints the
// result as text or JSON and returns the exit status of the monitoring plugins. Runs its own loop;
// blocks.
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

// Writes results in the given order to `out`, errors of the command and progress to `err`.
int run_check(const CheckOptions& options, std::ostream& out, std::ostream& err);

// 0: nothing at or above `fail_on`, 1: warning (or info), 2: critical, 3: could not be observed.
int exit_status_of(const verdict::Report& report, verdict::Severity fail_on);
// For several domains: known failures take precedence over domains that could not be observed.
int worst_exit_status(const std::vector<int>& statuses);

}  // namespace mtasts::cli
