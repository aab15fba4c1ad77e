// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// The addresses of a host that were not contacted, as the reports of policy hosts and MX hosts list
// them. Internal to the verdict room; pure.
#pragma once

#include <vector>

#include "verdict/evidence.h"

namespace mtasts::verdict {

// Addresses of a host in a report, those that are skipped included.
inline constexpr size_t kMostReportedAddresses = 128;

// `Report` is PolicyAddressReport or MxAddressReport, whose status is `skipped` by default.
template <typename Report>
void append_skipped(const HostAddresses& found, std::vector<Report>& reports) {
  for (const auto* left_out : {&found.unused_family, &found.beyond_limit})
    for (const IpAddress& address : *left_out) {
      if (reports.size() >= kMostReportedAddresses) return;
      Report report;
      report.address = address;
      reports.push_back(report);
    }
}

}  // namespace mtasts::verdict
