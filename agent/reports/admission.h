// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Admission: which of the policies of a TLS report are about a configured domain, and what is kept
// of them. Pure, any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/enum_words.h"
#include "base/time.h"
#include "protocol/tlsrpt/tls_report.h"
#include "reports/stored_report.h"

namespace mtasts::reports {

// What came along with the JSON (RFC 8460 §5.1, §5.3); each may be empty. JSON wins (§5.6).
struct ReportEnvelope {
  std::string report_domain;     // TLS-Report-Domain
  std::string report_submitter;  // TLS-Report-Submitter
  std::string file_name;         // "sender!domain!begin!end!id.json.gz"
  std::string subject_domain;    // of Subject
  std::string subject_submitter;
  std::string subject_report_id;
  std::string from_domain;  // of the author's address
  bool is_mail = false;
  Authenticity authenticity = Authenticity::unknown;
  std::string signing_domain;  // whose signature was verified
};

// The configured domains and their MX hosts. Names are lower-case A-labels without a final dot.
class OwnNames {
 public:
  virtual ~OwnNames() = default;
  virtual bool is_configured(std::string_view domain) const = 0;
  // The configured domains that use the MX host, at most 100; empty: none.
  virtual std::vector<std::string> domains_of_mx(std::string_view host) const = 0;
  // False: a configured domain was not looked up yet, so that an MX host of it may be unknown.
  virtual bool knows_mx_hosts() const { return true; }
};

// Why a report or a part of it was not kept; the label of tlsrpt_reports_rejected_total.
BOOST_DEFINE_FIXED_ENUM_CLASS(Rejection, uint8_t, malformed, oversize, foreign_domain, duplicate,
                              out_of_range, unauthenticated)
inline constexpr auto kRejections = enumerators<Rejection>();
inline std::string_view name_of(Rejection reason) { return enumerator_name(reason); }

struct Admission {
  std::vector<StoredReport> stored;   // one for each domain
  std::vector<Rejection> rejections;  // each reason at most once
  std::vector<std::string> foreign;   // policy-domains that are not ours; at most 10
  // A policy is about no configured domain, and not all MX hosts are known: once they are, the
  // owners may be others.
  bool is_uncertain = false;
};

// `retention`: older report days are out of range, like those that begin after `now`.
Admission admit(const protocol::TlsReport& report, const ReportEnvelope& envelope,
                const OwnNames& own, std::chrono::milliseconds retention, Time now);

}  // namespace mtasts::reports
