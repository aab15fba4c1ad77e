// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// ReportOwner: which configured domains a policy of a TLS report is about. Usually policy-domain
// says so; senders that look at MX hosts (for DANE) write the host there, or nothing, and then the
// rest of the report tells. Internal to admission; one report, one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tlsrpt/tls_report.h"
#include "reports/admission.h"

namespace mtasts::reports {

// Lower-case A-labels without a final dot; empty: not a domain name.
std::string normal_name(std::string_view text);

class ReportOwner {
 public:
  // All references must outlive this object.
  ReportOwner(const protocol::TlsReport& report, const ReportEnvelope& envelope,
              const OwnNames& own);

  struct Owned {
    std::vector<std::string> domains;  // configured; empty: the policy is not about ours
    bool by_mx_host = false;           // policy-domain is an MX host of theirs
  };
  Owned domains_of(const protocol::ReportPolicy& policy);

 private:
  const std::vector<std::string>& users_of(const std::string& host);
  std::string told(const protocol::ReportPolicy& policy, const std::vector<std::string>& among);
  bool fits(const std::string& domain, const std::vector<std::string>& among) const;

  const OwnNames& own_;
  std::map<std::string, std::vector<std::string>> users_;  // asked already, by MX host
  std::vector<std::string> reported_;  // configured policy-domains of the report
  std::vector<std::string> envelope_;  // names that came along, the most telling first
  std::vector<std::string> trailing_;  // after mx-host: of the file name and the report-id
  bool to_our_host_ = false;           // the report was sent for an MX host of ours
};

}  // namespace mtasts::reports
