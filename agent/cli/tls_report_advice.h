// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What an operator should do about one reported failure, as text fit to show. Pure, any thread.
#pragma once

#include <string>

#include "cli/tls_report_totals.h"
#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::cli {

struct FailureAdvice {
  std::string cause;   // sentences
  std::string fix;     // one sentence
  std::string verify;  // a command
};
FailureAdvice advice_on(const protocol::ReportPolicy& policy, const OfflinePolicy& read,
                        const protocol::ReportFailure& failure);

}  // namespace mtasts::cli
