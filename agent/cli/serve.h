// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter serve`: the agent. Loads the settings and runs the loop until SIGTERM or SIGINT.
// Uses the calling thread as the loop thread.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace mtasts::cli {

struct ServeOptions {
  std::vector<std::string> domains;  // in addition to those of the settings
  std::optional<std::string> config;
  std::vector<std::string> listen;  // instead of [web] listen
  std::string web_config_file;      // instead of [web] config_file; empty: none
};

// Blocks until a signal ends it, and returns 0. Returns 64, 69 or 78 when it cannot start, with the
// reason on `err`.
int run_serve(const ServeOptions& options, std::ostream& err);

}  // namespace mtasts::cli
