// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The timeline as rows: the changes of each domain, and those of MX hosts, which appear for every
// domain that used the host at that time. Database thread only.
#pragma once

#include <string>
#include <vector>

#include "state/database.h"
#include "state/state.h"
#include "verdict/history/history.h"

namespace mtasts::state {

void write_changes(Database& database, int64_t domain, const std::vector<verdict::Change>& changes);

// Empty for an unknown domain.
Timeline read_timeline(Database& database, const std::string& domain);

}  // namespace mtasts::state
