// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What an operator should do about one failure of a report that was read offline. Pure, any thread.
#pragma once

#include "cli/tls_report_totals.h"
#include "protocol/tlsrpt/tls_report.h"
#include "reports/result_guide.h"

namespace mtasts::cli {

reports::ResultGuide advice_on(const protocol::ReportPolicy& policy, const OfflinePolicy& read,
                               const protocol::ReportFailure& failure);

}  // namespace mtasts::cli
