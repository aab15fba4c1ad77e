// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What is remembered of one domain as JSON: what `history --json` prints and the HTTP API returns.
// Times are RFC 3339, UTC; changes stand newest first, as in the timeline. Octets that are not
// UTF-8 are replaced, never an error. Pure, any thread.
#pragma once

#include <string>

#include "base/time.h"
#include "state/state.h"
#include "verdict/history/history.h"

namespace mtasts::present {

// One line, without its end. `history` null: nothing is remembered but the timeline; `since` is
// null then. `now` decides what senders may still hold.
std::string history_json(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now);

}  // namespace mtasts::present
