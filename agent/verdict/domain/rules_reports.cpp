// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// Stage reports: the parts that all rules share, and the quality of what arrives.
#include <fmt/format.h>

#include <algorithm>

#include "base/printable.h"
#include "verdict/domain/report_rules.h"

namespace mtasts::verdict {
namespace {

using reports::Quality;

constexpr size_t kName_bytes = 60;
constexpr size_t kMostQualityNames = 5;

struct QualityRule {
  Quality quality;
  FindingCode code;
  std::string_view what;  // after "Reports of <organizations> "
};
constexpr QualityRule kQualityRules[] = {
    {Quality::dkim_missing, "rpt-dkim-missing",
     "arrive by mail without a valid DKIM signature, so they alone never raise an alarm"},
    {Quality::submitter_mismatch, "rpt-submitter-mismatch",
     "name another submitter in the mail than in contact-info"},
    {Quality::date_invalid, "rpt-date-invalid",
     "have a date range that is not one UTC day in the form of RFC 3339"},
    {Quality::counts_inconsistent, "rpt-counts-inconsistent",
     "have counts that are unusable or contradict each other"},
    {Quality::unknown_type, "rpt-unknown-type", "name result types that are not registered"},
    {Quality::oversize, "rpt-oversize", "were over a limit, so a part of them was not counted"},
    {Quality::same_id, "rpt-duplicate", "use one report-id for reports with different contents"},
    {Quality::foreign_domain, "rpt-foreign-domain",
     "also contain policies of domains that are not configured"},
};

}  // namespace

bool ReportScene::is_own(std::string_view host) const {
  return std::find(own_hosts.begin(), own_hosts.end(), host) != own_hosts.end();
}

std::string organizations_text(const std::vector<std::string>& names, size_t count) {
  if (names.empty()) return "an unnamed organization";
  std::string first = printable(names[0], kName_bytes);
  count = std::max(count, names.size());
  if (count == 1) return first;
  if (count == 2 && names.size() == 2)
    return fmt::format("{} and {}", first, printable(names[1], kName_bytes));
  return fmt::format("{} and {} other{}", first, count - 1, count == 2 ? "" : "s");
}

std::string type_text(const reports::FailureSummary& failure) {
  if (failure.type != protocol::ResultType::other || failure.type_text.empty())
    return std::string(protocol::name_of(failure.type));
  return quoted(failure.type_text, kName_bytes);
}

void add_names(std::vector<std::string>& names, const std::vector<std::string>& more) {
  for (const std::string& name : more)
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

void judge_quality(ReportScene& scene) {
  for (const QualityRule& rule : kQualityRules) {
    std::vector<std::string> names;
    for (const reports::OrganizationSummary& one : scene.summary.organizations)
      if (reports::has(one.qualities, rule.quality))
        names.push_back(printable(one.name, kName_bytes));
    if (names.empty()) continue;
    scene.context.add(
        rule.code,
        {.message = fmt::format("Reports of {} {}", listed(names, kMostQualityNames), rule.what)});
  }
}

void judge_reports(RuleContext& context, const reports::DomainSummary& summary,
                   const History* history) {
  // Nothing is known before the first report, and without one in the window. An organization that
  // falls silent has its own finding.
  if (summary.totals.reports == 0 || summary.reporters == 0) context.not_applicable(Stage::reports);
  ReportScene scene{context, summary, history, {}};
  for (const MxTarget& target : context.evidence.mx_targets)
    if (!target.host.empty()) scene.own_hosts.push_back(target.host);
  if (history != nullptr && history->mx.value) add_names(scene.own_hosts, *history->mx.value);
  judge_failure_ratio(scene);
  judge_new_failures(scene);
  judge_unseen_failures(scene);
  judge_stale_policies(scene);
  judge_missing_policy(scene);
  judge_silence(scene);
  judge_quality(scene);
}

}  // namespace mtasts::verdict
