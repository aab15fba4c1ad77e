// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Rules of stage `reports`: what TLS reports of senders (RFC 8460) say about the domain. Everything
// in a summary comes from strangers: texts are printable and bounded, organizations are no
// subjects, a host is a subject only where it is an MX host of the domain, and reports of one
// organization alone, or not authenticated, are never critical. Internal to the verdict room.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/statistics.h"
#include "reports/summary.h"
#include "verdict/rule_context.h"

namespace mtasts::verdict {

// Stage reports. `history` includes this check, except its passes; null: none is kept. Call after
// the rules of the other stages.
void judge_reports(RuleContext& context, const reports::DomainSummary& summary,
                   const History* history);

using reports::day_text;

// Its parts.
struct ReportScene {
  RuleContext& context;
  const reports::DomainSummary& summary;
  const History* history;              // null: none is kept
  std::vector<std::string> own_hosts;  // the MX hosts of the domain, observed or last known

  bool is_own(std::string_view host) const;
};
void judge_failure_ratio(ReportScene& scene);
void judge_new_failures(ReportScene& scene);     // rpt-new-result-type, rpt-new-failing-mx
void judge_unseen_failures(ReportScene& scene);  // rpt-unseen-by-probe
void judge_stale_policies(ReportScene& scene);
void judge_missing_policy(ReportScene& scene);  // rpt-no-policy-found-after-publish
void judge_silence(ReportScene& scene);
void judge_quality(ReportScene& scene);

// "Google", "Google and Microsoft", "Google and 2 others"; `count`: with those not in `names`.
std::string organizations_text(const std::vector<std::string>& names, size_t count);
// "certificate-expired"; of type other the sender's own word.
std::string type_text(const reports::FailureSummary& failure);
// Adds the names that are not there yet.
void add_names(std::vector<std::string>& names, const std::vector<std::string>& more);

// Findings of one code beyond this number are summed up in one.
inline constexpr size_t kMostHostFindings = 10;

}  // namespace mtasts::verdict
