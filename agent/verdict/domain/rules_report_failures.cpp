// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

// What senders report and nobody knew: new kinds of failures, failures at other hosts, and failures
// that the agent's own probes do not see.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "base/printable.h"
#include "verdict/domain/report_rules.h"
#include "verdict/history/passes.h"

namespace mtasts::verdict {
namespace {

using protocol::ResultType;
using reports::FailureSummary;

// Failures with something in common: a result type, or a host.
struct Group {
  std::vector<std::string> types;
  std::vector<std::string> hosts;
  std::vector<std::string> organizations;
  size_t organization_count = 0;
  uint64_t sessions = 0;
  uint64_t authenticated = 0;  // sessions
  reports::DayBits days = 0;
  reports::Day first_day = reports::Day::max();
  reports::Day last_day = reports::Day::min();

  void add(const FailureSummary& failure) {
    add_names(types, {type_text(failure)});
    if (!failure.receiving_mx.empty()) add_names(hosts, {failure.receiving_mx});
    add_names(organizations, failure.organizations);
    organization_count =
        std::max({organization_count, failure.organization_count, organizations.size()});
    reports::add_sessions(sessions, failed_sessions(failure));
    reports::add_sessions(authenticated, failure.authenticated_sessions);
    days |= failure.days;
    first_day = std::min(first_day, failure.first_day);
    last_day = std::max(last_day, failure.last_day);
  }
  // One report may be a mistake.
  bool is_repeated() const { return std::popcount(days) >= 2 || organization_count >= 2; }
  std::string what() const {
    std::string text = listed(types, 3);
    if (!hosts.empty()) text += " at " + listed(hosts, 3);
    return text + who();
  }
  std::string who() const {
    return fmt::format(" ({} session{} since {}, reported by {})", sessions,
                       sessions == 1 ? "" : "s", day_text(first_day),
                       organizations_text(organizations, organization_count));
  }
};

void judge_new_types(ReportScene& scene) {
  std::map<ResultType, Group> groups;
  for (const FailureSummary& failure : scene.summary.failures)
    if (!failure.type_seen_before && failed_sessions(failure) > 0)
      groups[failure.type].add(failure);
  std::erase_if(groups, [](const auto& entry) { return !entry.second.is_repeated(); });
  if (groups.empty()) return;
  std::string text;
  for (const auto& [type, group] : groups) text += (text.empty() ? "" : "; ") + group.what();
  scene.context.add(
      "rpt-new-result-type",
      {.message = fmt::format("Senders report what no report named in the {} days "
                              "before {}: {}",
                              reports::kDaysBefore, day_text(scene.summary.from), text)});
}

// A host that is none of the domain's is no subject, and there is nothing to change at it.
void report_foreign_hosts(ReportScene& scene, const Group& group) {
  std::string message = fmt::format(
      "Senders report {} at {}, which {} not among the MX hosts of "
      "the domain{}",
      listed(group.types, 3), listed(group.hosts, 3), group.hosts.size() == 1 ? "is" : "are",
      group.who());
  scene.context.add(
      "rpt-new-failing-mx",
      {.message = std::move(message),
       .fix =
           "Find out why senders deliver there: it may be a former MX host, or their DNS answers "
           "are forged; nothing needs to change at the MX hosts of the domain.",
       // Anyone can send a report that names any host.
       .severity = group.authenticated > 0 ? Severity::warning : Severity::info});
}

void judge_new_hosts(ReportScene& scene) {
  std::map<std::string, Group> groups;
  for (const FailureSummary& failure : scene.summary.failures)
    if (!failure.receiving_mx.empty() && !failure.host_seen_before && failed_sessions(failure) > 0)
      groups[failure.receiving_mx].add(failure);
  Group foreign;
  Group others;
  size_t told = 0;
  for (const auto& [host, group] : groups) {
    if (!group.is_repeated()) continue;
    bool own = scene.is_own(host);
    if (!own || told >= kMostHostFindings) {
      for (const FailureSummary& failure : scene.summary.failures)
        if (failure.receiving_mx == host) (own ? others : foreign).add(failure);
      continue;
    }
    ++told;
    scene.context.add(
        "rpt-new-failing-mx",
        {.message = fmt::format("Senders report failures at {}, where no report named any in the "
                                "{} days before {}: {}",
                                printable(host, 253), reports::kDaysBefore,
                                day_text(scene.summary.from), listed(group.types, 3) + group.who()),
         .host = host});
  }
  if (!others.hosts.empty())
    scene.context.add("rpt-new-failing-mx",
                      {.message = fmt::format("Senders report new failures at {} more MX hosts: {}",
                                              others.hosts.size(), others.what())});
  if (!foreign.hosts.empty()) report_foreign_hosts(scene, foreign);
}

// The stages whose own observations would show a failure of this type; empty: none would.
std::vector<Stage> host_stages(ResultType type) {
  switch (type) {
    case ResultType::starttls_not_supported:
      return {Stage::smtp};
    case ResultType::certificate_host_mismatch:
    case ResultType::certificate_expired:
    case ResultType::certificate_not_trusted:
    case ResultType::validation_failure:
      return {Stage::smtp, Stage::mx_certificate};
    default:
      return {};
  }
}
std::vector<Stage> domain_stages(ResultType type) {
  switch (type) {
    case ResultType::sts_policy_fetch_error:
    case ResultType::sts_policy_invalid:
    case ResultType::sts_webpki_invalid:
      return {Stage::policy_fetch, Stage::policy_certificate, Stage::policy_syntax};
    case ResultType::validation_failure:
      return {Stage::mx};
    default:
      return {};
  }
}

// The agent's own observations passed on all report days with this failure.
bool passed_meanwhile(const ReportScene& scene, const FailureSummary& failure) {
  std::vector<Stage> at_host = host_stages(failure.type);
  std::vector<Stage> at_domain = domain_stages(failure.type);
  if (at_host.empty() && at_domain.empty()) return false;
  auto from = Time(failure.first_day);
  Time until = std::min(scene.context.now, Time(failure.last_day + std::chrono::days(1)));
  auto passed = [&](Stage stage, const std::string& host) {
    return passed_throughout(*scene.history, stage, host, from, until);
  };
  std::vector<std::string> hosts = {failure.receiving_mx};
  if (failure.receiving_mx.empty()) hosts = scene.own_hosts;
  if (!at_host.empty() && hosts.empty()) return false;
  for (Stage stage : at_host)
    for (const std::string& host : hosts)
      if (!passed(stage, host)) return false;
  return std::all_of(at_domain.begin(), at_domain.end(),
                     [&](Stage stage) { return passed(stage, ""); });
}

// A probe of this very check that fails alike has its own finding, which says more.
bool fails_now(const ReportScene& scene, const FailureSummary& failure) {
  const auto& findings = scene.context.findings.so_far();
  return std::any_of(findings.begin(), findings.end(), [&](const UngradedFinding& finding) {
    bool here = finding.subject.empty() || failure.receiving_mx.empty() ||
                host_of_subject(finding.subject) == failure.receiving_mx;
    return here && finding.row->tls_rpt_result_type == protocol::name_of(failure.type);
  });
}

}  // namespace

void judge_new_failures(ReportScene& scene) {
  if (!scene.summary.has_history) return;
  judge_new_types(scene);
  judge_new_hosts(scene);
}

void judge_unseen_failures(ReportScene& scene) {
  if (scene.history == nullptr) return;
  std::map<std::string, Group> groups;  // by host
  for (const FailureSummary& failure : scene.summary.failures) {
    if (std::popcount(failure.days) < 2 || failed_sessions(failure) == 0) continue;
    if (!failure.receiving_mx.empty() && !scene.is_own(failure.receiving_mx)) continue;
    if (passed_meanwhile(scene, failure) && !fails_now(scene, failure))
      groups[failure.receiving_mx].add(failure);
  }
  size_t told = 0;
  Group others;
  for (const auto& [host, group] : groups) {
    if (!host.empty() && ++told > kMostHostFindings) {
      for (const FailureSummary& failure : scene.summary.failures)
        if (failure.receiving_mx == host) others.add(failure);
      continue;
    }
    scene.context.add(
        "rpt-unseen-by-probe",
        {.message = fmt::format("Senders report {}, while all of the agent's own probes passed",
                                group.what()),
         .host = host});
  }
  if (!others.hosts.empty())
    scene.context.add("rpt-unseen-by-probe",
                      {.message = fmt::format("Senders report failures at {} more MX hosts, while "
                                              "the agent's own probes passed: {}",
                                              others.hosts.size(), others.what())});
}

}  // namespace mtasts::verdict
