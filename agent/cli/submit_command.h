// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter submit`: hands a TLS report, or a whole mail with one, to a running agent by
// POST. Made for a pipe in the mail server: its exit status says whether to try again. Follows no
// redirects and uses no proxy. Any thread.
#pragma once

#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>

#include "settings/settings.h"

namespace mtasts::cli {

struct SubmitOptions {
  std::optional<std::string> url;         // default: [reports.https] of the settings
  std::optional<std::string> token_file;  // default, without `url`: submit_token_file
  std::optional<std::string> config;
  std::string file = "-";
  std::chrono::milliseconds connect_timeout{10000};
  std::chrono::milliseconds timeout{60000};
};

// Where an agent with these settings listens, as this host reaches it; empty: nowhere.
std::string submit_url_of(const settings::ReportsHttpsSettings& https);

// Returns the exit status: 0 accepted, 64 wrong usage, 65 nothing to submit or too large, 75 to be
// tried again, 78 invalid settings. Other than 0 goes with one sentence on `err`. `in` is read when
// the file is "-".
int run_submit(const SubmitOptions& options, std::istream& in, std::ostream& err);

}  // namespace mtasts::cli
