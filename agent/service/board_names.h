// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// BoardNames: which names a TLS report may be about: the configured domains and the MX hosts that
// their checks found, now or before. The index of MX hosts is made from a snapshot, at most every
// few seconds, so that a report with many names costs one pass over the domains. Used by one thread
// (that of the intake), except where a function says so.
#pragma once

#include <atomic>
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
  bool knows_mx_hosts() const override;
  // The configured domains were set. Any thread.
  void domains_changed() { stale_ = true; }

 private:
  void index() const;

  const board::LatestReports& reports_;
  mutable std::map<std::string, std::vector<std::string>, std::less<>> domains_of_;
  mutable std::chrono::steady_clock::time_point indexed_at_{};
  mutable bool complete_ = false;  // every configured domain was looked up
  mutable std::atomic<bool> stale_{true};
};

}  // namespace mtasts::service
