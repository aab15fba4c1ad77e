// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// `mtasts-exporter report`: reads TLS reports offline (RFC 8460) and says who reports what, which
// failures there are, and how to fix them. Needs neither network, settings nor state.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace mtasts::cli {

struct ReportOptions {
  std::vector<std::string> files;  // files and folders; "-": standard input
  bool json = false;
};

// Returns the exit status: by the ratio of failed sessions of the worst domain 0 normal, 1 watch or
// 2 act; 65 when something is no TLS report, 64 when a file cannot be read. What can be read is
// told in every case.
int run_report(const ReportOptions& options, std::istream& in, std::ostream& out,
               std::ostream& err);

}  // namespace mtasts::cli
