// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// NoDaneRule: which entries of a TLS report mean "no DANE" and count nowhere. Beside the sts entry
// of a domain, mox reports no-policy-found about each MX host without TLSA records, with the same
// sessions again: they would be told as sessions without a policy. Where an MX host has the
// domain's own name, only the sessions tell such an entry from one about the domain. Pure, one
// owner.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/tlsrpt/tls_report.h"

namespace mtasts::reports {

class NoDaneRule {
 public:
  // Of the entries of one report that belong to `domain`. Names are lower-case A-labels.
  explicit NoDaneRule(std::string domain) : domain_(std::move(domain)) {}

  // Every sts entry of the domain, before applies_to() is asked.
  void add(const protocol::ReportPolicy& policy);
  // `name`: the policy-domain of the entry. `is_mx_host`: it is an MX host of the domain, as far as
  // the caller knows.
  bool applies_to(const protocol::ReportPolicy& policy, std::string_view name,
                  bool is_mx_host) const;

 private:
  std::string domain_;
  std::set<std::pair<uint64_t, uint64_t>> sts_sessions_;  // successful, failed
};

}  // namespace mtasts::reports
