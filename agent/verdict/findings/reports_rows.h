// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#pragma once

#include "verdict/findings/findings_rows.h"

namespace mtasts::verdict::rows::reports {

inline constexpr Stage kStage = Stage::reports;
inline constexpr std::optional<ChannelKind> kNone = std::nullopt;
inline constexpr CommandTemplate kReports = "mtasts-exporter reports {domain}";
inline constexpr std::string_view kFailures = "RFC 8460 §4.3";

inline constexpr FindingRow kRows[] = {
    {"rpt-failure-ratio", kStage, C, W, kNone, "", kFailures,
     "TLS reports say that a considerable share of the sessions to this domain failed.",
     "Correct what the most frequent result type names, then watch the reports of the next three "
     "days.",
     kReports},
    {"rpt-new-result-type", kStage, W, W, kNone, "", kFailures,
     "TLS reports name a kind of failure that no report of the four weeks before named.",
     "Find out what changed since the first day with this failure.", kReports},
    {"rpt-new-failing-mx", kStage, W, W, kNone, "", kFailures,
     "TLS reports name failures at a host where no report of the four weeks before named any.",
     "Find out what changed at this host since the first day with a failure.", kReports},
    {"rpt-unseen-by-probe", kStage, W, W, kNone, "", "RFC 8460 §4.3, RFC 8461 §10.1",
     "Senders report failures while the agent's own probes passed: something treats senders "
     "differently from the agent, or interferes with their connections.",
     "Compare from another network, and look for filters, load balancers and address families that "
     "treat clients differently.",
     kReports},
    {"rpt-no-policy-found-after-publish", kStage, W, W, kNone, "", "RFC 8460 §4.2, RFC 8461 §3.1",
     "Senders report that they find no policy, two days after the record was published.",
     "Make sure that every authoritative server has the record, and that it is not limited to some "
     "clients or regions.",
     "dig {dns}+noall +answer +comments TXT _mta-sts.{domain}"},
    {"rpt-reporter-silent", kStage, I, I, kNone, "", "RFC 8460 §4.1",
     "An organization that sent TLS reports regularly has stopped.",
     "Make sure that the addresses in the TLSRPT record still receive reports.", kReports},
    {"rpt-policy-stale", kStage, I, I, kNone, "", "RFC 8461 §3.1, §5.1",
     "Senders still apply an earlier policy from their cache.",
     "Until the given date, keep MX hosts that the earlier policy covers in operation.", kReports},
    {"rpt-dkim-missing", kStage, I, I, kNone, "", "RFC 8460 §3",
     "Reports by mail without a valid DKIM signature of the submitter must not be relied on.",
     "No action is needed at the domain: the sender of the reports has to sign them.", kReports},
    {"rpt-submitter-mismatch", kStage, I, I, kNone, "", "RFC 8460 §5.3",
     "The submitter that the mail names differs from the domain of contact-info in the report.",
     "No action is needed at the domain: the sender of the reports has to correct them.", kReports},
    {"rpt-oversize", kStage, I, I, kNone, "", "RFC 8460 §5.2",
     "Reports were over a limit of size or number, so a part of them was not counted.",
     "No action is needed at the domain; read the report itself for what was left out.", kReports},
    {"rpt-date-invalid", kStage, I, I, kNone, "", "RFC 8460 §4.1, §4.4",
     "The date range of reports is not one UTC day in the form of RFC 3339.",
     "No action is needed at the domain: the sender of the reports has to correct them.", kReports},
    {"rpt-duplicate", kStage, I, I, kNone, "", "RFC 8460 §5.3",
     "Reports with different contents have the same report-id; both were counted.",
     "No action is needed at the domain: the sender of the reports has to use each id once.",
     kReports},
    {"rpt-foreign-domain", kStage, I, I, kNone, "", "RFC 8460 §4.4",
     "Reports contain policies of domains that are not configured; these were not counted.",
     "No action is needed, unless such a domain should be checked: then add it to [domains].",
     kReports},
    {"rpt-unknown-type", kStage, I, I, kNone, "", kFailures,
     "Reports contain result types that are not registered; they are counted as \"other\".",
     "No action is needed at the domain: the sender of the reports has to use registered types.",
     kReports},
    {"rpt-counts-inconsistent", kStage, I, I, kNone, "", "RFC 8460 §4.4",
     "Counts in reports are no numbers of sessions or contradict each other.",
     "No action is needed at the domain: the sender of the reports has to correct them.", kReports},
};

}  // namespace mtasts::verdict::rows::reports
