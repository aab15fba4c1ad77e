// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// TLS reports read offline: which domain each policy is about, the sum for each domain, and which
// report is the same as one before. There are no configured domains here, so that every
// policy-domain counts. Pure, any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "intake/unpack.h"
#include "protocol/tlsrpt/tls_report.h"
#include "reports/statistics.h"

namespace mtasts::cli {

struct OfflinePolicy {
  std::string
      domain;  // A-labels, lower case; from the envelope where the policy has none; may be ""
  // "no-policy-found" about an MX host beside an sts entry: "no DANE", which counts nowhere.
  bool about_mx_host = false;
  std::optional<std::string> mode;  // of type sts, as far as readable
  std::vector<std::string> mx;      // mx-host, else the patterns of the policy
};

struct OfflineReport {
  std::string file;
  size_t message = 0;  // of a mailbox file, from 1; else 0
  protocol::TlsReport report;
  std::vector<std::string> remarks;     // on mail and gzip
  std::vector<OfflinePolicy> policies;  // one for each of report.policies
  std::string organization;             // or what else names the sender; may be ""
};

OfflineReport offline_report(std::string file, size_t message, protocol::TlsReport report,
                             intake::UnpackedReport origin);

reports::SessionCounts counts_of(const protocol::ReportPolicy& policy);

class ReportTotals {
 public:
  // False: the same report was added before, and nothing is counted.
  bool add(const OfflineReport& report);

  size_t reports() const { return seen_.size(); }
  size_t duplicates() const { return duplicates_; }
  // By domain. Sessions of different policy types are not added up: the type with the highest ratio
  // counts.
  std::map<std::string, reports::SessionCounts> domains() const;
  reports::Band worst_band() const;

 private:
  std::map<std::string, reports::CountsByType> domains_;
  std::set<std::string> seen_;
  size_t duplicates_ = 0;
};

}  // namespace mtasts::cli
