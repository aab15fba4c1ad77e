// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter lint report`: what of RFC 8460 a TLS report breaks, by JSON path. Also reads
// gzip and a mail with a report. Any thread.
#pragma once

#include <iosfwd>

#include "cli/lint.h"

namespace mtasts::cli {

// Returns the exit status: 0 valid; 1 valid, but a named reader refuses it, or it leaves out what
// RFC 8460 recommends; 2 outside RFC 8460, or no report.
int run_lint_report(std::istream& in, const LintOptions& options, std::ostream& out);

}  // namespace mtasts::cli
