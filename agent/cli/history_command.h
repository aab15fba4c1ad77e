// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter history`: what the agent remembers of a domain, out of its state on disk: since
// when, which policies senders may still hold, and the timeline, newest first. Beside a running
// agent or without one; reads alone, no network.
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
  size_t limit = 50;  // lines of the timeline
};

// 0, or 69 when there is no state or nothing is remembered of the domain, 64 usage,
// 78 configuration.
int run_history(const HistoryOptions& options, std::ostream& out, std::ostream& err);

// For a person; `history` null: nothing is remembered but the timeline.
std::string history_text(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now, bool colour, size_t width);

}  // namespace mtasts::cli
