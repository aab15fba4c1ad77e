// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter history`: prints the recorded history of a domain from the state on disk: the
// start of the record, the policies that senders may still have cached, and the timeline, newest
// first. Works whether or not the agent is running; read-only, no network.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "base/time.h"
#include "state/state.h"

namespace mtasts::cli {

struct HistoryOptions {
  std::string domain;
  std::optional<std::string> config;
  bool json = false;
  size_t limit = 50;  // maximum changes shown of the timeline
};

// Returns 0; 69 when there is no state or nothing is recorded for the domain; 64 usage; 78
// configuration.
int run_history(const HistoryOptions& options, std::ostream& out, std::ostream& err);

// As text for a terminal; `history` is null when only the timeline is recorded.
std::string history_text(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now, bool colour, size_t width);

}  // namespace mtasts::cli
