// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rows of a TLS report as they are stored: policies by meaning, networks instead of addresses of
// senders, equal rows added up, bounded. Pure, any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "base/text_pool.h"
#include "protocol/tlsrpt/tls_report.h"
#include "reports/stored_report.h"

namespace mtasts::reports {

// Of one domain in one report. What is more is added to a row that has nothing but its types.
inline constexpr size_t kMostPolicyRows = 1000;
inline constexpr size_t kMostFailureRows = 2000;

// "192.0.2.0/24", "2001:db8:1::/48"; empty: no address.
std::string network_of(std::string_view address);

// Adds the rows of policies to a StoredReport that has none. It must outlive the collector.
class RowCollector {
 public:
  explicit RowCollector(StoredReport& report) : report_(&report) {}
  void add(const protocol::ReportPolicy& policy, bool about_mx_host);
  bool over_limit() const { return over_limit_; }

 private:
  // What failure rows are told apart by, with numbers of texts_. No padding.
  struct FailureKey {
    uint32_t policy_type = 0;
    uint32_t type = 0;
    TextPool::Number type_text = TextPool::kEmpty;
    TextPool::Number receiving_mx = TextPool::kEmpty;
    TextPool::Number receiving_ip = TextPool::kEmpty;
    TextPool::Number sending_network = TextPool::kEmpty;
  };

  void add_policy(PolicyRow row);
  void add_failures(const protocol::FailureList& failures, protocol::ReportPolicyType policy_type);
  FailureRow& row_of(FailureKey key, bool& coarse);

  StoredReport* report_;
  std::unordered_map<std::string, size_t> policy_rows_;
  TextPool texts_;  // of failure rows
  TextPool keys_;   // octets of FailureKey: number n is that of row n - 1
  bool over_limit_ = false;
};

}  // namespace mtasts::reports
