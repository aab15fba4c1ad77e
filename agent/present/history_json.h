// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The recorded history of one domain as JSON, as printed by `history --json` and returned by the
// HTTP API. Times are RFC 3339, UTC; changes are listed newest first, as in the timeline. Octets
// that are not UTF-8 are replaced; this is never an error. Pure, any thread.
#pragma once

#include <string>

#include "base/time.h"
#include "state/state.h"
#include "verdict/history/history.h"

namespace mtasts::present {

// One line, without a newline. `history` is null when only the timeline is recorded; then `since`
// is null. `now` determines which policies senders may still have cached.
std::string history_json(const std::string& domain, const state::Timeline& timeline,
                         const verdict::History* history, Time now);

}  // namespace mtasts::present
