// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The mtasts-exporter authors

#include "verdict/rule_context.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace mtasts::verdict {
namespace {

Outcome outcome_of(const std::vector<Finding>& findings) {
  bool seen[kSeverities.size()] = {};
  for (const Finding& finding : findings) seen[static_cast<size_t>(finding.severity)] = true;
  if (seen[static_cast<size_t>(Severity::critical)]) return Outcome::critical;
  if (seen[static_cast<size_t>(Severity::warning)]) return Outcome::warning;
  if (seen[static_cast<size_t>(Severity::unknown)]) return Outcome::unknown;
  return Outcome::ok;
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

// If senders differ, or addresses serve different policies, some senders enforce.
Regime RuleContext::regime() const {
  auto enforces = [](const PolicyReading& one) {
    return one.is_accepted() && one.policy.mode == protocol::Mode::enforce;
  };
  if (enforces(reading)) return Regime::enforce;
  bool some = std::any_of(readings.begin(), readings.end(), [&](const PolicyReading& other) {
    return other.is_usable() && enforces(other);
  });
  return some ? Regime::enforce : Regime::otherwise;
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

void RuleContext::add_faults(const std::vector<protocol::SyntaxFault>& faults, FaultySource source,
                             const FindingDetails& where) {
  auto add_one = [&](const protocol::SyntaxFault& fault) {
    FindingDetails what = where;
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

void RuleContext::not_observed(FindingCode code, FindingDetails details) {
  details.unobserved = true;
  not_observed_.emplace_back(code, std::move(details));
}

void RuleContext::add_reasons() {
  Regime now_valid = regime();
  for (auto& [code, details] : not_observed_) {
    Stage stage = row_of(code).stage;
    bool known = std::any_of(
        findings.so_far().begin(), findings.so_far().end(), [&](const UngradedFinding& finding) {
          return finding.row->stage == stage && grade(finding, now_valid) != Severity::info;
        });
    if (!known) findings.add(code, std::move(details));
  }
  not_observed_.clear();
}

void RuleContext::conclude(Report& report) {
  add_reasons();
  report.findings = graded(findings.take(), regime());
  for (Stage stage : kStages) {
    auto index = static_cast<size_t>(stage);
    bool fails = false;
    bool unknown = false;
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
  report.outcome = outcome_of(report.findings);
}

}  // namespace mtasts::verdict
