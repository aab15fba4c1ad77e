// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// judge(): turns evidence into a report. Each stage is known good, known bad, or could not be
// observed (unknown). Pure: no clock, no I/O, no state; any thread.
#pragma once

#include "reports/summary.h"
#include "verdict/evidence.h"
#include "verdict/report.h"
#include "verdict/thresholds.h"

namespace mtasts::verdict {

// `before` is the history of the domain, empty at its first check; null: no history is kept, so the
// stage `change` is not applicable. The report contains the history including this check.
// `reported`: the domain's TLS reports; null: none are taken in, so the stage `reports` is not
// applicable.
Report judge(const Evidence& evidence, const HistoryPtr& before, const Thresholds& thresholds,
             Time now, const reports::DomainSummaryPtr& reported = nullptr);

}  // namespace mtasts::verdict
