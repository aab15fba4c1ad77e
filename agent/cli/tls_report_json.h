// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TLS reports read offline as one JSON object, written piece by piece: a report may have 100,000
// failures. See docs/json.md. One thread at a time.
#pragma once

#include <ostream>
#include <string>

#include "cli/tls_report_totals.h"

namespace mtasts::cli {

class TlsReportJsonWriter {
 public:
  explicit TlsReportJsonWriter(std::ostream& out);

  void add(const OfflineReport& read);
  struct Error {
    std::string file;
    std::string message;
  };
  // Once, at the end.
  void finish(const ReportTotals& totals, const std::vector<Error>& errors);

 private:
  std::ostream& out_;
  bool first_ = true;
};

}  // namespace mtasts::cli
