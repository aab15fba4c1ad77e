// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// judge(): evidence in, report out. Pure: no clock, no I/O, no state; any thread.
// Three outcomes: what is known good, known bad, and what we could not see (unknown).
#pragma once

#include "verdict/evidence.h"
#include "verdict/report.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// `before` is what is remembered of the domain, empty at its first check; null: no memory, so the
// stage `change` is not applicable. The report carries the history with this check in it.
Report judge(const Evidence& evidence, const HistoryPtr& before, const Thresholds& thresholds,
             Time now);

}  // namespace mtasts::verdict
