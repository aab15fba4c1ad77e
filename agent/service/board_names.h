// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// BoardNames: which names a TLS report may be about: the configured domains and the MX hosts that
// their latest checks found. The index of MX hosts is made from a snapshot, at most once a minute,
// so that a report with many names costs one pass over the domains. Used by one thread (that of the
// intake).
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "board/latest_reports.h"
#include "reports/admission.h"

namespace mtasts::service {

class BoardNames : public reports::OwnNames {
 public:
  // `reports` must outlive this object.
  explicit BoardNames(const board::LatestReports& reports) : reports_(reports) {}

  bool is_configured(std::string_view domain) const override;
  std::vector<std::string> domains_of_mx(std::string_view host) const override;

 private:
  void index() const;

  const board::LatestReports& reports_;
  mutable std::map<std::string, std::vector<std::string>, std::less<>> domains_of_;
  mutable std::chrono::steady_clock::time_point indexed_at_{};
};

}  // namespace mtasts::service
