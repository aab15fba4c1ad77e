// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// rpt-failure-ratio: which share of the sessions failed. Ratios are by policy type: sessions of
// different types cannot be added up. A band counts when the whole confidence interval lies above
// its limit, so that small numbers raise no alarm.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/printable.h"
#include "base/public_suffix.h"
#include "reports/result_guide.h"
#include "reports/statistics.h"
#include "verdict/domain/report_rules.h"

namespace mtasts::verdict {
namespace {

using protocol::ReportPolicyType;
using reports::Band;
using reports::SessionCounts;

// Of one policy type.
struct Ratio {
  ReportPolicyType type = ReportPolicyType::sts;
  SessionCounts counts;  // all, or of authenticated reports alone
  Band band = Band::normal;
  bool authenticated_alone = false;
  bool critical = false;
  std::vector<std::string> failing;  // organizations that report failures, most first
  size_t succeeding = 0;             // organizations that report successes alone
};

// The policy of the domain may be unobserved for a moment: then the last known one counts.
bool enforces(const ReportScene& scene) {
  if (scene.context.regime() == Regime::enforce) return true;
  const History* history = scene.history;
  return !scene.context.reading.read && history != nullptr && history->policy.value &&
         history->policy_gone == kNever &&
         (*history->policy.value)->mode == protocol::Mode::enforce;
}

// Signers of authenticated reports of whose sessions at least one of a hundred failed. One signer
// can send reports under any number of organization names.
size_t failing_submitters(const reports::DomainSummary& summary, size_t type) {
  std::set<std::string> submitters;
  for (const reports::OrganizationSummary& one : summary.organizations) {
    const SessionCounts& counts = one.authenticated_counts[type];
    bool failing = counts.failed > 0 && reports::band_of(counts) != Band::normal;
    if (failing && !one.submitter.empty()) submitters.insert(organisational_domain(one.submitter));
  }
  return submitters.size();
}

void add_organizations(Ratio& ratio, const reports::DomainSummary& summary, size_t type) {
  std::vector<std::pair<uint64_t, std::string>> failing;
  for (const reports::OrganizationSummary& one : summary.organizations) {
    const SessionCounts& counts =
        ratio.authenticated_alone ? one.authenticated_counts[type] : one.counts[type];
    if (counts.failed > 0)
      failing.emplace_back(counts.failed, one.name);
    else
      ratio.succeeding += counts.successful > 0;
  }
  std::stable_sort(failing.begin(), failing.end(),
                   [](const auto& one, const auto& other) { return one.first > other.first; });
  for (auto& [sessions, name] : failing) ratio.failing.push_back(std::move(name));
}

Ratio ratio_of(const ReportScene& scene, ReportPolicyType type) {
  auto index = static_cast<size_t>(type);
  const SessionCounts& all = scene.summary.counts[index];
  const SessionCounts& authenticated = scene.summary.authenticated_counts[index];
  Ratio ratio;
  ratio.type = type;
  ratio.band = reports::certain_band(all);
  Band sure = reports::certain_band(authenticated);
  // A session that found no policy was delivered in spite of the failure.
  ratio.critical = sure == Band::act && type != ReportPolicyType::no_policy_found &&
                   enforces(scene) && failing_submitters(scene.summary, index) >= 2;
  // Reports that nobody authenticated must neither raise an alarm nor hide one.
  ratio.authenticated_alone = sure > ratio.band || (ratio.critical && all != authenticated);
  ratio.band = std::max(ratio.band, sure);
  ratio.counts = ratio.authenticated_alone ? authenticated : all;
  add_organizations(ratio, scene.summary, index);
  return ratio;
}

bool is_worse(const Ratio& one, const Ratio& other) {
  if (one.critical != other.critical) return one.critical;
  if (one.band != other.band) return one.band > other.band;
  return reports::failure_ratio(one.counts).value_or(0) >
         reports::failure_ratio(other.counts).value_or(0);
}

// The failures with most sessions under policies of this type.
const reports::FailureSummary* dominant(const reports::DomainSummary& summary,
                                        ReportPolicyType type) {
  auto index = static_cast<size_t>(type);
  const reports::FailureSummary* most = nullptr;
  for (const reports::FailureSummary& failure : summary.failures)
    if (failure.sessions[index].failed > 0 &&
        (most == nullptr || failure.sessions[index].failed > most->sessions[index].failed))
      most = &failure;
  return most;
}

std::string share_text(const Ratio& ratio) {
  return fmt::format("{} of {} sessions ({:.1f} %)", ratio.counts.failed, ratio.counts.total(),
                     100 * reports::failure_ratio(ratio.counts).value_or(0));
}

std::string_view policy_text(ReportPolicyType type) {
  switch (type) {
    case ReportPolicyType::tlsa:
      return "with DANE (policy type tlsa)";
    case ReportPolicyType::sts:
      return "with the MTA-STS policy";
    case ReportPolicyType::no_policy_found:
      return "without a policy (no-policy-found)";
  }
  return "";
}

std::string who_text(const Ratio& ratio, bool has_authenticated) {
  std::string who = organizations_text(ratio.failing, ratio.failing.size());
  if (ratio.failing.size() == 1 && ratio.succeeding > 0)
    who = fmt::format("{} alone, while {} other organization{} report success only", who,
                      ratio.succeeding, ratio.succeeding == 1 ? "" : "s");
  if (ratio.authenticated_alone) return who + ", in authenticated reports";
  if (!has_authenticated) return who + "; none of these reports is authenticated";
  return who;
}

std::string message_of(const Ratio& ratio, const reports::DomainSummary& summary,
                       const reports::FailureSummary* failure) {
  auto index = static_cast<size_t>(ratio.type);
  std::string text = fmt::format("From {} on, {} {} failed", day_text(summary.from),
                                 share_text(ratio), policy_text(ratio.type));
  if (failure != nullptr) {
    text += ", mostly " + type_text(*failure);
    if (!failure->receiving_mx.empty()) text += " at " + printable(failure->receiving_mx, 253);
  }
  bool has_authenticated = summary.authenticated_counts[index].total() > 0;
  return text + ", as reported by " + who_text(ratio, has_authenticated);
}

// What to change, by the most frequent failure.
std::string fix_of(const ReportScene& scene, const reports::FailureSummary* failure,
                   ReportPolicyType type) {
  if (failure == nullptr)
    return "Look for failed TLS sessions in the log of each MX host: the reports give no details.";
  auto owner = reports::owner_of(failure->receiving_mx, scene.own_hosts);
  return reports::result_guide(*failure, type, scene.context.evidence.domain.text(), owner).fix +
         ".";
}

}  // namespace

void judge_failure_ratio(ReportScene& scene) {
  std::optional<Ratio> worst;
  for (ReportPolicyType type : protocol::kReportPolicyTypes) {
    Ratio ratio = ratio_of(scene, type);
    // One session is no share.
    if (ratio.band == Band::normal || ratio.counts.failed < 2) continue;
    if (!worst || is_worse(ratio, *worst)) worst = std::move(ratio);
  }
  if (!worst) return;
  const reports::FailureSummary* failure = dominant(scene.summary, worst->type);
  scene.context.add("rpt-failure-ratio",
                    {.message = message_of(*worst, scene.summary, failure),
                     .fix = fix_of(scene, failure, worst->type),
                     .severity = worst->critical ? Severity::critical : Severity::warning});
}

}  // namespace mtasts::verdict
