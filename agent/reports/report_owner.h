// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportOwner: to which configured domains the policies of one TLS report belong. Senders leave the
// policy-domain out (tlsrpt-reporter), name the MX host (RFC 8460 §1.1: the TLSA base domain), or
// put policies of several domains into one report (mox). Pure, one owner; refers to its arguments.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/tlsrpt/tls_report.h"
#include "reports/admission.h"

namespace mtasts::reports {

// A-labels in lower case, without a final dot; at most 253 octets. Empty: no name.
std::string plain_name(std::string_view name);

class ReportOwner {
 public:
  ReportOwner(const protocol::TlsReport& report, const ReportEnvelope& envelope,
              const OwnNames& own);

  // Configured domains; several where an MX host is shared and nothing tells which domain is meant.
  // Empty: the policy is about somebody else.
  std::vector<std::string> owners_of(const protocol::ReportPolicy& policy) const;
  // By DNS, or because the report lists it beside the domain.
  bool is_mx_host_of(const std::string& host, const std::string& domain) const;

 private:
  bool is_own_mx(std::string_view host) const;
  using Names = std::vector<std::string>;

  void collect_named(const protocol::TlsReport& report);
  void collect_hints(const protocol::TlsReport& report, const ReportEnvelope& envelope);
  void add_hint(Names& hints, std::string_view name) const;
  const Names& users_of(const std::string& host) const;
  Names domains_of_host(const std::string& host) const;
  Names hints_of_mx_hosts(const protocol::ReportPolicy& policy) const;

  const OwnNames& own_;
  Names named_;  // configured policy-domains of the report
  // Of those, mx-host: pattern and domain.
  std::vector<std::pair<std::string, std::string>> patterns_;
  Names header_hints_;  // configured domains, in the order in which they are believed
  Names later_hints_;
  std::string went_to_;  // the MX host of ours whose record the report was sent for; or empty
  mutable std::map<std::string, Names, std::less<>> users_;  // asked already, by MX host
};

}  // namespace mtasts::reports
