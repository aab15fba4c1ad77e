// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/rule_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mtasts::verdict {
namespace {

Outcome outcome_of(const std::vector<Finding>& findings, bool all_seen) {
  bool seen[kSeverities.size()] = {};
  for (const Finding& finding : findings) seen[static_cast<size_t>(finding.severity)] = true;
  if (seen[static_cast<size_t>(Severity::critical)]) return Outcome::critical;
  if (seen[static_cast<size_t>(Severity::warning)]) return Outcome::warning;
  if (seen[static_cast<size_t>(Severity::unknown)]) return Outcome::unknown;
  return all_seen ? Outcome::ok : Outcome::unknown;
}

std::vector<Finding> graded(std::vector<UngradedFinding> ungraded, Regime regime) {
  std::vector<Finding> findings;
  findings.reserve(ungraded.size());
  for (UngradedFinding& each : ungraded) {
    Finding finding;
    finding.row = each.row;
    finding.severity = grade(each, regime);
    finding.subject = std::move(each.subject);
    finding.message = std::move(each.message);
    finding.fix = std::move(each.fix);
    finding.verify = std::move(each.verify);
    findings.push_back(std::move(finding));
  }
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.row->stage, a.severity, a.subject) <
           std::tie(b.row->stage, b.severity, b.subject);
  });
  return findings;
}

}  // namespace

RuleContext::RuleContext(const Evidence& observed, const Thresholds& limits, Time when)
    : evidence(observed),
      thresholds(limits),
      now(when),
      findings(observed.domain.text(), observed.channels, limits) {}

Regime RuleContext::regime() const {
  if (!reading.read || reading.policy.mode != protocol::Mode::enforce) return Regime::otherwise;
  // If senders differ, some of them enforce.
  const auto& faults = reading.policy.faults;
  bool refused = std::any_of(faults.begin(), faults.end(), [](const protocol::SyntaxFault& fault) {
    return fault.fault_class == protocol::FaultClass::error;
  });
  return refused ? Regime::otherwise : Regime::enforce;
}

bool RuleContext::has_patterns() const {
  return reading.read && reading.policy.mode && *reading.policy.mode != protocol::Mode::none &&
         !reading.policy.mx.empty();
}

MxName RuleContext::read_mx(const MxTarget& target) const {
  return read_mx_target(target, evidence, reading.policy.mx);
}

std::vector<std::string> RuleContext::listable_hosts() const {
  std::vector<std::string> hosts;
  for (const MxTarget& target : evidence.mx_targets)
    if (!target.host.empty() && read_mx(target).slip == MxSlip::none) hosts.push_back(target.host);
  return hosts;
}

void RuleContext::add_faults(const std::vector<protocol::SyntaxFault>& faults,
                             FaultySource source) {
  auto add_one = [&](const protocol::SyntaxFault& fault) {
    FindingDetails what;
    what.message =
        source == FaultySource::policy
            ? fmt::format("Policy line {}, column {}: {}", fault.line, fault.column, fault.message)
            : fmt::format("Record column {}: {}", fault.column, fault.message);
    what.fix = fault.fix;
    Severity severity = severity_of(fault, Regime::enforce);
    if (severity != row_of(fault.code).in_enforce) what.severity = severity;
    add(fault.code, std::move(what));
  };
  // Findings of one code are merged into the first, which must be one that names senders.
  std::vector<const protocol::SyntaxFault*> leaders;
  for (const protocol::SyntaxFault& fault : faults) {
    auto same = [&](const protocol::SyntaxFault* other) { return other->code == fault.code; };
    auto leader = std::find_if(leaders.begin(), leaders.end(), same);
    if (leader == leaders.end())
      leaders.push_back(&fault);
    else if ((*leader)->difference == protocol::SenderDifference::none &&
             fault.difference != protocol::SenderDifference::none)
      *leader = &fault;
  }
  for (const protocol::SyntaxFault* leader : leaders) {
    add_one(*leader);
    for (const protocol::SyntaxFault& fault : faults)
      if (fault.code == leader->code && &fault != leader) add_one(fault);
  }
}

void RuleContext::not_applicable(Stage stage) {
  not_applicable_[static_cast<size_t>(stage)] = true;
}
void RuleContext::not_observed(Stage stage) { not_observed_[static_cast<size_t>(stage)] = true; }

void RuleContext::conclude(Report& report) {
  report.findings = graded(findings.take(), regime());
  for (Stage stage : kStages) {
    auto index = static_cast<size_t>(stage);
    bool fails = false;
    bool unknown = not_observed_[index];
    for (const Finding& finding : report.findings) {
      if (finding.row->stage != stage) continue;
      fails |= finding.severity == Severity::critical || finding.severity == Severity::warning;
      unknown |= finding.severity == Severity::unknown;
    }
    report.stages[index] = fails                    ? StageResult::fail
                           : unknown                ? StageResult::unknown
                           : not_applicable_[index] ? StageResult::not_applicable
                                                    : StageResult::pass;
  }
  // What a deadline prevented has no finding, but is not ok either.
  bool all_seen = std::find(report.stages.begin(), report.stages.end(), StageResult::unknown) ==
                  report.stages.end();
  report.outcome = outcome_of(report.findings, all_seen);
}

}  // namespace mtasts::verdict
