// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Properties of admission and of what is kept of TLS reports that hold for any report and envelope;
// see grammar_targets.h. The input is the domain, submitter and file name of the envelope, a line
// each, and then the report.
#pragma once

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "fuzz/grammar_targets.h"
#include "fuzz/promises.h"
#include "protocol/tlsrpt/tls_report.h"
#include "report_store/report_key.h"
#include "report_store/text_table.h"
#include "reports/admission.h"
#include "reports/policy_text.h"
#include "reports/summary.h"

namespace mtasts::fuzz {

class ExampleNames : public reports::OwnNames {
 public:
  bool is_configured(std::string_view domain) const override {
    return domain == "example.com" || domain == "company-y.example";
  }
  std::vector<std::string> domains_of_mx(std::string_view host) const override {
    if (host == "mx1.example.com") return {"company-y.example", "example.com"};
    return {};
  }
};

inline void keep_stored(Promises& promises, const reports::StoredReport& stored, Time now) {
  promises.keep(ExampleNames().is_configured(stored.domain), "a report about another domain");
  promises.keep(stored.identity.size() == 64 && stored.key.size() == 64, "a key of another size");
  promises.keep(!stored.organization.empty(), "a report without an organization");
  promises.keep(stored.begin <= stored.end && Time(stored.day) <= now, "a report of another time");
  const report_store::ReportKey key = report_store::key_of(stored);
  promises.keep(key.key.size() == 16 && key.identity.size() == 16, "a stored key of another size");
  promises.keep(report_store::day_of(report_store::number_of(stored.day)) == stored.day,
                "a day that is read differently again");
  for (const reports::PolicyRow& row : stored.policies)
    promises.keep(row.policy.size() <= reports::kPolicyTextLimit_bytes &&
                      row.successful <= protocol::kMostSessions &&
                      row.failed <= protocol::kMostSessions,
                  "a policy over its bounds");
  for (const reports::FailureRow& row : stored.failures)
    promises.keep(row.sessions <= reports::kMostSessionsCounted, "more sessions than are counted");
}

inline std::string broken_admission_promise(std::string_view input) {
  reports::ReportEnvelope envelope;
  for (std::string* text :
       {&envelope.report_domain, &envelope.report_submitter, &envelope.file_name}) {
    *text = input.substr(0, std::min(input.find('\n'), size_t{300}));
    input.remove_prefix(std::min(text->size() + 1, input.size()));
  }
  const auto report = protocol::parse_tls_report(input);
  if (!report) return {};
  const Time now{std::chrono::seconds(1795300000)};
  Promises promises;
  const reports::Admission admission =
      reports::admit(*report, envelope, ExampleNames(), std::chrono::hours(24 * 3650), now);
  for (const reports::StoredReport& stored : admission.stored) keep_stored(promises, stored, now);
  promises.keep(admission.foreign.size() <= 10, "more foreign domains than told");
  promises.keep(!admission.stored.empty() || !admission.rejections.empty(),
                "neither stored nor rejected");
  for (const protocol::ReportPolicy& policy : report->policies)
    promises.keep(reports::policy_text(policy.policy_strings, policy.mx_hosts).size() <=
                      reports::kPolicyTextLimit_bytes,
                  "a policy's text over its bound");
  return promises.broken();
}

}  // namespace mtasts::fuzz
